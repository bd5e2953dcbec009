"""A transformer out of torch.nn's modules, trained with AdamW on padded words; saved, loaded and sampled."""

import math

import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from torch.utils.data.dataloader import DataLoader


class Attention(nn.Module):
    def __init__(self, n_embd, n_head, block_size):
        super().__init__()
        assert n_embd % n_head == 0
        self.qkv = nn.Linear(n_embd, 3 * n_embd)
        self.proj = nn.Linear(n_embd, n_embd)
        mask = torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size)
        self.register_buffer("mask", mask)
        self.n_head = n_head

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = (t.view(B, T, self.n_head, -1).transpose(1, 2) for t in self.qkv(x).split(C, dim=2))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return self.proj(y.transpose(1, 2).contiguous().view(B, T, C))


class GELU(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
        self.attn = Attention(n_embd, n_head, block_size)
        self.mlp = nn.ModuleDict(
            dict(c_fc=nn.Linear(n_embd, 4 * n_embd), act=GELU(), c_proj=nn.Linear(4 * n_embd, n_embd))
        )

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        m = self.mlp
        return x + m.c_proj(m.act(m.c_fc(self.ln_2(x))))


class Transformer(nn.Module):
    def __init__(self, vocab_size, block_size, n_layer=2, n_head=4, n_embd=16):
        super().__init__()
        self.block_size = block_size
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(vocab_size, n_embd),
                wpe=nn.Embedding(block_size, n_embd),
                h=nn.ModuleList([Block(n_embd, n_head, block_size) for _ in range(n_layer)]),
                ln_f=nn.LayerNorm(n_embd),
            )
        )
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)

    def forward(self, idx, targets=None):
        t = idx.size(1)
        assert t <= self.block_size, f"cannot look at {t} letters, only at {self.block_size}"
        pos = torch.arange(0, t, dtype=torch.long, device=idx.device).unsqueeze(0)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)


class Words(Dataset):
    def __init__(self, words, letters, longest):
        self.words, self.longest = words, longest
        self.stoi = {letter: i + 1 for i, letter in enumerate(letters)}
        self.itos = {i: letter for letter, i in self.stoi.items()}

    def __len__(self):
        return len(self.words)

    def __getitem__(self, i):
        ix = torch.tensor([self.stoi[letter] for letter in self.words[i]], dtype=torch.long)
        x = torch.zeros(self.longest + 1, dtype=torch.long)
        y = torch.zeros(self.longest + 1, dtype=torch.long)
        x[1 : 1 + len(ix)] = ix
        y[: len(ix)] = ix
        y[len(ix) + 1 :] = -1
        return x, y


@torch.inference_mode()
def evaluate(model, dataset, max_batches):
    model.eval()
    losses = []
    for i, (x, y) in enumerate(DataLoader(dataset, shuffle=True, batch_size=50, num_workers=0)):
        losses.append(model(x.to(device), y.to(device))[1].item())
        if i + 1 >= max_batches:
            break
    model.train()
    return torch.tensor(losses).mean().item()


@torch.no_grad()
def generate(model, idx, max_new_tokens, temperature=1.0, do_sample=False, top_k=None):
    for _ in range(max_new_tokens):
        logits, _ = model(idx[:, -model.block_size :])
        logits = logits[:, -1, :] / temperature
        if top_k is not None:
            v, _ = torch.topk(logits, top_k)
            logits[logits < v[:, [-1]]] = -float("Inf")
        probs = F.softmax(logits, dim=-1)
        if do_sample:
            following = torch.multinomial(probs, num_samples=1)
        else:
            _, following = torch.topk(probs, k=1, dim=-1)
        idx = torch.cat((idx, following), dim=1)
    return idx


torch.manual_seed(3407)
torch.cuda.manual_seed_all(3407)
device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
words = open("names.txt").read().splitlines()
longest = max(map(len, words))
letters = sorted(set("".join(words)))
order = torch.randperm(len(words)).tolist()
train, test = (Words([words[i] for i in part], letters, longest) for part in (order[:-1000], order[-1000:]))
print(device, len(train), len(test), longest, train.words[:3], train[0])

model = Transformer(len(letters) + 1, longest + 1).to(device)
print(model)
print(sum(p.numel() for p in model.parameters()), sum(p.nelement() for p in model.transformer.parameters()))
print([name for name, _ in model.named_parameters()][:6], list(model.state_dict())[4])

decay = [p for p in model.parameters() if p.dim() >= 2]
others = [p for p in model.parameters() if p.dim() < 2]
groups = [{"params": decay, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=5e-3, betas=(0.9, 0.99), eps=1e-8)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
print(optimizer)
sampler = torch.utils.data.RandomSampler(train, replacement=True, num_samples=int(1e10))
batches = iter(DataLoader(train, sampler=sampler, batch_size=32, pin_memory=True, num_workers=0))
best = None
for step in range(31):
    x, y = (t.to(device) for t in next(batches))
    logits, loss = model(x, y)
    model.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    if step % 10 == 0:
        print(f"step {step} | loss {loss.item():.4f} | rate {optimizer.param_groups[0]['lr']:.4f}")
        now = evaluate(model, test, max_batches=2)
        if best is None or now < best:
            best = now
            torch.save(model.state_dict(), "model.pt")
print(loss, logits.shape, logits.grad_fn, f"{best:.4f}")

model = Transformer(len(letters) + 1, longest + 1)
print(model.load_state_dict(torch.load("model.pt", map_location=torch.device(device), weights_only=True)))
print(model.lm_head.weight.shape, f"{model.transformer.wpe.weight.std():.3f}", model.transformer.h[0].attn.mask.dtype)
print(generate(model, torch.zeros(1, 1, dtype=torch.long), 6))
try:
    model(torch.zeros(1, 40, dtype=torch.long))
except AssertionError as error:
    print(error)

print("new names")
for row in generate(model, torch.zeros(6, 1, dtype=torch.long), longest, top_k=8, do_sample=True)[:, 1:].tolist():
    print("".join(train.itos[i] for i in row[: row.index(0) if 0 in row else len(row)]))
