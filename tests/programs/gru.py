"""A recurrent net with gates, step by step through time, and an optimizer's state that goes on after loading."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class GRUCell(nn.Module):
    def __init__(self, n_embd, n_hidden):
        super().__init__()
        self.z, self.r, self.candidate = (nn.Linear(n_embd + n_hidden, n_hidden) for _ in range(3))

    def forward(self, x, h):
        xh = torch.cat([x, h], dim=1)
        z, r = torch.sigmoid(self.z(xh)), F.sigmoid(self.r(xh))
        new = F.tanh(self.candidate(torch.cat([x, r * h], dim=1)))
        return (1 - z) * h + z * new


class GRU(nn.Module):
    def __init__(self, vocab_size, n_embd, n_hidden):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, n_hidden))
        self.wte = nn.Embedding(vocab_size, n_embd)
        self.cell = GRUCell(n_embd, n_hidden)
        self.head = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx, targets=None):
        b, t = idx.size()
        emb, h, states = self.wte(idx), self.start.expand((b, -1)), []
        for i in range(t):
            h = self.cell(emb[:, i, :], h)
            states.append(h)
        logits = self.head(torch.stack(states, 1))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits, loss


words = [word for word in open("names.txt").read().splitlines() if len(word) <= 6][:600]
letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}
X = torch.zeros((len(words), 7), dtype=torch.long)
Y = torch.full_like(X, -1)
for i, word in enumerate(words):
    ix = torch.tensor([number[letter] for letter in word])
    X[i, 1 : len(ix) + 1] = ix
    Y[i, : len(ix)] = ix
    Y[i, len(ix)] = 0
print(X[:2], Y[:2], (Y == -1).sum(), (Y >= 0).float().mean())

torch.manual_seed(0)
model = GRU(27, 12, 24)
print(model, model.start, sum(p.numel() for p in model.parameters()))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.01)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40, eta_min=1e-4)
loader = DataLoader(TensorDataset(X, Y), batch_size=50, shuffle=True)
for epoch in range(2):
    for i, (x, y) in enumerate(loader):
        logits, loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        cosine.step()
        if i % 5 == 0:
            print(f"epoch {epoch} step {i:2d} loss {loss.item():.4f} rate {cosine.get_last_lr()[0]:.5f}")
print(loss, logits.shape, model.start.grad.shape, f"{model.start.grad.abs().sum():.4f}")

torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "run.pt")
checkpoint = torch.load("run.pt")
state = checkpoint["optimizer"]["state"]
print(state.keys(), state[0].keys(), state[0]["step"], state[0]["exp_avg"].shape)
other = GRU(27, 12, 24)
other_optimizer = torch.optim.AdamW(other.parameters(), lr=1e-2)
other.load_state_dict(checkpoint["model"])
other_optimizer.load_state_dict(checkpoint["optimizer"])
for net, opt in ((model, optimizer), (other, other_optimizer)):
    for _ in range(3):
        loss = net(X[:50], Y[:50])[1]
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"{loss.item():.4f}")

each = F.cross_entropy(logits.transpose(1, 2), y, ignore_index=-1, reduction="none")
print(each.shape, each.grad_fn, f"{each.sum() / (y >= 0).sum():.4f} {(each == 0).sum() == (y == -1).sum()}")
print(f"{nn.CrossEntropyLoss(ignore_index=-1, label_smoothing=0.1)(logits.view(-1, 27), y.view(-1)).item():.4f}")

print("new names")
model.eval()
with torch.no_grad():
    idx = torch.zeros(6, 1, dtype=torch.long)
    for _ in range(6):
        chances = F.softmax(model(idx)[0][:, -1, :] / 0.8, dim=-1)
        idx = torch.cat([idx, torch.multinomial(chances, num_samples=1)], dim=1)
for row in idx[:, 1:].tolist():
    print("".join(letters[i] for i in row).split(".")[0])
