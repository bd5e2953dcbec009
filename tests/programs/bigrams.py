"""Bigrams: counted, sampled, scored, and learned again by gradient descent on one-hot rows."""

import torch
import torch.nn.functional as F

words = open("names.txt").read().splitlines()[:2000]
print(len(words), min(len(w) for w in words), max(len(w) for w in words), words[:5])

letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}

counts = torch.zeros((27, 27), dtype=torch.int32)
first, second = [], []
for word in words:
    for a, b in zip("." + word, word + "."):
        counts[number[a], number[b]] += 1
        first.append(number[a])
        second.append(number[b])
print(counts)
print(counts[0, :], counts[:, 0].sum(), counts.sum().item(), counts.dtype, counts.shape)
print(counts.max(), counts.argmax(dim=1)[:5], (counts == 0).sum().item(), "pairs never seen")

chances = (counts + 1).float()
chances /= chances.sum(1, keepdim=True)
print(chances[0], chances[0].sum().item() > 0.999, chances.sum(1).shape, chances.sum(1, keepdims=True).shape)

# The broadcast that goes wrong: columns are divided where rows were meant.
wrong = (counts + 1) / (counts + 1).sum(1)
print(f"{wrong[0].sum():.4f} {wrong[:, 0].sum():.4f} {wrong.dtype}")

likelihood = 0.0
for a, b in zip(".mary", "mary."):
    chance = chances[number[a], number[b]]
    logarithm = torch.log(chance)
    likelihood += logarithm
    print(f"{a}{b}: {chance:.4f} {logarithm:.4f}")
print(f"{-likelihood:.4f} {-likelihood.item() / 5:.4f} {-likelihood / 5:.3f}")

xs, ys = torch.tensor(first), torch.tensor(second)
print(xs[:8], ys[:8], xs.dtype, xs.nelement(), len(ys))
print(f"all bigrams: {-chances[xs, ys].log().mean().item():.4f}")

g = torch.Generator().manual_seed(2147483647)
weights = torch.randn((27, 27), generator=g, requires_grad=True)
rows = F.one_hot(xs, num_classes=27).float()
print(rows.shape, rows.dtype, rows[1], weights.requires_grad, weights.is_leaf)
for step in range(10):
    logits = rows @ weights
    exponentials = logits.exp()
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    loss = -probabilities[torch.arange(len(xs)), ys].log().mean() + 0.01 * (weights**2).mean()
    weights.grad = None
    loss.backward()
    weights.data += -50 * weights.grad
    print(f"{step:2d} {loss.item():.4f}")
print(loss, weights.grad.shape, logits.grad_fn, probabilities.grad_fn, loss.grad_fn)
print(f"{weights.grad.norm():.4f} {weights.std().item():.4f} {weights.abs().max():.3f}")

# The same again in one call.
print(f"{F.cross_entropy(weights[xs], ys):.4f} {F.nll_loss(weights[xs].log_softmax(1), ys).item():.4f}")

p = torch.rand(3, generator=g)
p = p / p.sum()
print(p, torch.multinomial(p, num_samples=20, replacement=True, generator=g))

print("new names")
for _ in range(5):
    name, at = "", 0
    while True:
        at = torch.multinomial(chances[at], num_samples=1, replacement=True, generator=g).item()
        if at == 0:
            break
        name += letters[at]
    print(name)
with torch.no_grad():
    for _ in range(5):
        name, at = "", 0
        while at or not name:
            row = F.one_hot(torch.tensor([at]), num_classes=27).float()
            at = torch.multinomial(F.softmax(row @ weights, dim=1), 1, replacement=True, generator=g).item()
            name += letters[at]
        print(name)
