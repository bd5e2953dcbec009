"""The same tree out of torch.nn's modules, with dropout, a schedule, checkpoints, and averages of activations."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

words = open("names.txt").read().splitlines()[:1500]
letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}
xs, ys = [], []
for word in words:
    context = [0] * 8
    for letter in word + ".":
        xs.append(context)
        ys.append(number[letter])
        context = context[1:] + [number[letter]]


class FlattenConsecutive(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        x = x.reshape(x.shape[0], x.shape[1] // self.n, -1)
        return x.squeeze(1)

    def extra_repr(self):
        return f"n={self.n}"


class Norm(nn.Module):
    """Channels last, as the lecture has them."""

    def __init__(self, n):
        super().__init__()
        self.bn = nn.BatchNorm1d(n)

    def forward(self, x):
        return self.bn(x) if x.ndim == 2 else self.bn(x.transpose(1, 2)).transpose(1, 2)


class WaveNet(nn.Module):
    def __init__(self, n_embd=8, n_hidden=24):
        super().__init__()
        self.wte = nn.Embedding(27, n_embd)
        self.tree = nn.ModuleList()
        for fan_in in (n_embd, n_hidden, n_hidden):
            linear = nn.Linear(2 * fan_in, n_hidden, bias=False)
            self.tree.append(nn.Sequential(FlattenConsecutive(2), linear, Norm(n_hidden), nn.Tanh(), nn.Dropout(0.1)))
        self.head = nn.Linear(n_hidden, 27)
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))
        self.apply(self._init)

    def _init(self, module):
        if isinstance(module, nn.Linear):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="tanh")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.uniform_(module.weight, -1, 1)

    def forward(self, x, targets=None):
        x = self.wte(x)
        for part in self.tree:
            x = part(x)
        logits = self.head(x)
        return logits, None if targets is None else F.cross_entropy(logits, targets)


torch.manual_seed(1337)
dataset = TensorDataset(torch.tensor(xs), torch.tensor(ys))
train, dev = random_split(dataset, [0.9, 0.1])
print(len(dataset), len(train), len(dev), dataset[0], train.indices[:5])
model = WaveNet()
print(model)
for name, p in model.named_parameters():
    print(f"{name:25s} {tuple(p.shape)!s:10s} {p.numel():5d} {p.requires_grad} {p.dtype} {p.device}")
print([name for name, _ in model.named_buffers()], sum(p.numel() for p in model.parameters()))

loader = DataLoader(train, batch_size=64, shuffle=True, num_workers=0, drop_last=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=40, gamma=0.1)
print(optimizer, len(loader))
model.train()
for step, (x, y) in enumerate(loader):
    _, loss = model(x, y)
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    model.steps += 1
    if step % 20 == 0:
        print(f"{step:3d} {loss.item():.3f} {norm.item():.2f} {scheduler.get_last_lr()[0]:.3f} {tuple(x.shape)}")
    if step == 80:
        break
print(model.steps, loss.grad_fn, model.training)


@torch.no_grad()
def evaluate(model, data):
    model.eval()
    losses = [model(x, y)[1].item() * len(x) for x, y in DataLoader(data, batch_size=200)]
    model.train()
    return sum(losses) / len(data)


print(f"dev {evaluate(model, dev):.3f}")

torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "letters": letters}, "model.pt")
best = copy.deepcopy(model)
with torch.no_grad():
    for p in model.parameters():
        p.mul_(0.9)
print(f"shrunk {evaluate(model, dev) - evaluate(best, dev) > 0}")
checkpoint = torch.load("model.pt", map_location="cpu")
print(checkpoint.keys(), checkpoint["letters"][:4], list(checkpoint["model"])[:3])
print(model.load_state_dict(checkpoint["model"]))
optimizer.load_state_dict(checkpoint["optimizer"])
print(f"{evaluate(model, dev) - evaluate(best, dev):.4f}", optimizer.param_groups[0]["lr"])

# What leaves each part of the tree, by hooks.
seen = {}
hooks = [
    part.register_forward_hook(lambda module, inputs, output, i=i: seen.update({i: output.detach()}))
    for i, part in enumerate(model.tree)
]
model.eval()
logits, loss = model(torch.tensor(xs[:32]))
for hook in hooks:
    hook.remove()
for i, output in seen.items():
    print(i, output.shape, f"{output.mean():+.3f} {output.std():.3f}")
print(logits.shape, loss, f"{F.softmax(logits, dim=-1).max().item():.3f}")
