"""The net of Bengio and others (2003): three letters in, the next one out; its splits, learning rates and samples."""

import random

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

words = open("names.txt").read().splitlines()[:3000]
random.seed(42)
random.shuffle(words)
letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}
width = 3


def examples(words):
    xs, ys = [], []
    for word in words:
        context = [0] * width
        for letter in word + ".":
            xs.append(context)
            ys.append(number[letter])
            context = context[1:] + [number[letter]]
    return torch.tensor(xs), torch.tensor(ys)


X_train, Y_train = examples(words[: int(0.8 * len(words))])
X_dev, Y_dev = examples(words[int(0.8 * len(words)) : int(0.9 * len(words))])
X_test, Y_test = examples(words[int(0.9 * len(words)) :])
for name, X, Y in (("train", X_train, Y_train), ("dev", X_dev, Y_dev), ("test", X_test, Y_test)):
    print(name, X.shape, Y.shape, X.dtype, Y.dtype)
for x, y in zip(X_train[:6], Y_train[:6]):
    print("".join(letters[i] for i in x), "-->", letters[y.item()], x, y)

# Where the embedding comes from, and what may be asked of it.
C = torch.randn((27, 2), generator=torch.Generator().manual_seed(7))
print(C[5], C[[5, 6, 7]], C[torch.tensor([5, 6, 7, 7])], F.one_hot(torch.tensor(5), 27).float() @ C)
emb = C[X_train[:32]]
print(emb.shape, torch.equal(emb[13, 2], C[X_train[13, 2]]), emb[0])
joined = torch.cat([emb[:, 0, :], emb[:, 1, :], emb[:, 2, :]], 1)
print(joined.shape, torch.cat(torch.unbind(emb, 1), 1).shape, (emb.view(-1, 6) == joined).all())
a = torch.arange(18)
print(a, a.view(3, 3, 2), a.view(9, 2).stride(), a.view(9, 2).t().stride())

g = torch.Generator().manual_seed(2147483647)
C = torch.randn((27, 10), generator=g)
W1 = torch.randn((30, 100), generator=g) * 0.2
b1 = torch.randn(100, generator=g) * 0.01
W2 = torch.randn((100, 27), generator=g) * 0.05
b2 = torch.randn(27, generator=g) * 0
parameters = [C, W1, b1, W2, b2]
print(sum(p.nelement() for p in parameters), [tuple(p.shape) for p in parameters])
for p in parameters:
    p.requires_grad = True


def loss_of(X, Y):
    h = torch.tanh(C[X].view(-1, 30) @ W1 + b1)
    return F.cross_entropy(h @ W2 + b2, Y)


# A sweep of learning rates, from 0.001 to 1.
exponents = torch.linspace(-3, 0, 100)
rates = 10**exponents
print(exponents[:5], rates[::20], rates[-1], len(rates))
seen, losses = [], []
for i in range(100):
    batch = torch.randint(0, X_train.shape[0], (32,), generator=g)
    loss = loss_of(X_train[batch], Y_train[batch])
    for p in parameters:
        p.grad = None
    loss.backward()
    for p in parameters:
        p.data += -rates[i] * p.grad
    seen.append(exponents[i])
    losses.append(loss.log10().item())
    if i % 10 == 0:
        print(f"{i:3d} {rates[i].item():.4f} {loss.item():.3f}")
plt.plot(seen, losses)
plt.plot(exponents, rates)
plt.scatter(C[:, 0].data, C[:, 1].data, s=200)
plt.text(C[0, 0].item(), C[0, 1].item(), letters[0])
plt.close("all")

for i in range(100):
    batch = torch.randint(0, X_train.shape[0], (32,), generator=g)
    loss = loss_of(X_train[batch], Y_train[batch])
    for p in parameters:
        p.grad = None
    loss.backward()
    rate = 0.1 if i < 50 else 0.01
    for p in parameters:
        p.data -= rate * p.grad
print(f"last batch {loss.item():.3f} {loss.grad_fn} {loss.requires_grad} {loss.shape} {loss.dtype}")


@torch.no_grad()
def split_loss(split):
    X, Y = {"train": (X_train, Y_train), "dev": (X_dev, Y_dev), "test": (X_test, Y_test)}[split]
    loss = loss_of(X, Y)
    print(f"{split:5s} {loss.item():.3f} {loss.requires_grad}")


for split in ("train", "dev", "test"):
    split_loss(split)

print("new names")
g = torch.Generator().manual_seed(2147483647 + 10)
for _ in range(10):
    name, context = [], [0] * width
    while True:
        h = torch.tanh(C[torch.tensor([context])].view(1, -1) @ W1 + b1)
        chances = F.softmax(h @ W2 + b2, dim=1)
        i = torch.multinomial(chances, num_samples=1, generator=g).item()
        context = context[1:] + [i]
        name.append(i)
        if i == 0:
            break
    print("".join(letters[i] for i in name))
