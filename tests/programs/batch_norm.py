"""First weights, activations and batch normalization by hand, with the statistics that are drawn of them."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

words = open("names.txt").read().splitlines()[:2000]
letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}
xs, ys = [], []
for word in words:
    context = [0, 0, 0]
    for letter in word + ".":
        xs.append(context)
        ys.append(number[letter])
        context = context[1:] + [number[letter]]
X, Y = torch.tensor(xs), torch.tensor(ys)
cut = int(0.9 * len(X))
X_train, Y_train, X_dev, Y_dev = X[:cut], Y[:cut], X[cut:], Y[cut:]
print(X_train.shape, X_dev.shape)

# What the loss should be before anything is learned.
print(-torch.tensor(1 / 27.0).log(), F.cross_entropy(torch.zeros(1, 27), torch.tensor([3])))
for scale in (1.0, 10.0):
    logits = torch.tensor([0.5, -1.0, 2.0, 0.0]) * scale
    chances = torch.softmax(logits, dim=0)
    print(logits, chances, f"{-chances[1].log():.4f}")

# A gain keeps the spread of a product.
x = torch.randn(1000, 10, generator=torch.Generator().manual_seed(1))
w = torch.randn(10, 200, generator=torch.Generator().manual_seed(2))
for weight in (w, w / 10**0.5, w * torch.nn.init.calculate_gain("tanh") / 10**0.5):
    y = x @ weight
    print(f"{x.mean().item():+.4f} {x.std():.4f} -> {y.mean().item():+.4f} {y.std():.4f} {torch.tanh(y).std():.4f}")


class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn((fan_in, fan_out), generator=g) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] if self.bias is None else [self.weight, self.bias]


class Norm:
    def __init__(self, n, momentum=0.1):
        self.momentum, self.training = momentum, True
        self.gain, self.shift = torch.ones((1, n)), torch.zeros((1, n))
        self.mean, self.std = torch.zeros((1, n)), torch.ones((1, n))

    def __call__(self, x):
        mean, std = (x.mean(0, keepdim=True), x.std(0, keepdim=True)) if self.training else (self.mean, self.std)
        self.out = self.gain * (x - mean) / (std + 1e-5) + self.shift
        if self.training:
            with torch.no_grad():
                self.mean = (1 - self.momentum) * self.mean + self.momentum * mean
                self.std = (1 - self.momentum) * self.std + self.momentum * std
        return self.out

    def parameters(self):
        return [self.gain, self.shift]


class Tanh:
    def __call__(self, x):
        self.out = torch.tanh(x)
        return self.out

    def parameters(self):
        return []


g = torch.Generator().manual_seed(2147483647)
C = torch.randn((27, 8), generator=g)
layers = [Linear(24, 50, bias=False), Norm(50), Tanh(), Linear(50, 50), Tanh(), Linear(50, 27), Norm(27)]
with torch.no_grad():
    layers[-1].gain *= 0.1
    layers[3].weight *= 5 / 3
parameters = [C] + [p for layer in layers for p in layer.parameters()]
print(sum(p.nelement() for p in parameters), len(parameters))
for p in parameters:
    p.requires_grad = True

losses, moved = [], []
for step in range(60):
    batch = torch.randint(0, len(X_train), (32,), generator=g)
    x = C[X_train[batch]].view(32, -1)
    for layer in layers:
        x = layer(x)
    loss = F.cross_entropy(x, Y_train[batch])
    for layer in layers:
        layer.out.retain_grad()
    for p in parameters:
        p.grad = None
    loss.backward()
    for p in parameters:
        p.data += -0.1 * p.grad
    losses.append(loss.log10().item())
    with torch.no_grad():
        moved.append([((0.1 * p.grad).std() / p.data.std()).log10().item() for p in parameters])
    if step % 10 == 0:
        print(f"{step:7d}/{60:7d}: {loss.item():.4f}")
print(torch.tensor(losses).view(-1, 10).mean(1))
print([f"{ratio:.2f}" for ratio in moved[-1][:2]])

for i, layer in enumerate(layers):
    if isinstance(layer, Tanh):
        t = layer.out
        saturated = (t.abs() > 0.97).float().mean() * 100
        print(f"layer {i} ({layer.__class__.__name__}): mean {t.mean():+.3f}, std {t.std():.3f}, {saturated:.2f}% flat")
        heights, edges = torch.histogram(t, density=True)
        print(heights.shape, edges.shape, f"{(heights * (edges[1] - edges[0])).sum():.3f}")
        plt.plot(edges[:-1].detach(), heights.detach())
        plt.hist(t.view(-1).tolist(), 50, density=True)
        plt.imshow(t.abs() > 0.99, cmap="gray", interpolation="nearest")
        print("gradient: std %e" % layer.out.grad.std())
for p in parameters:
    if p.ndim == 2 and p.shape[0] > 1:
        ratio = p.grad.std() / p.std()
        print(f"weight {tuple(p.shape)!s:10s} | std {p.grad.std():.4e} | grad:data ratio {ratio:.4e}")
plt.close("all")

running = layers[1]
with torch.no_grad():
    before = C[X_train].view(len(X_train), -1) @ layers[0].weight
    mean, std = before.mean(0, keepdim=True), before.std(0, keepdim=True)
print(mean.shape, (mean - running.mean).abs().max() < 0.5, f"{(std - running.std).abs().mean():.3f}")
for layer in layers:
    layer.training = False
with torch.no_grad():
    for name, inputs, targets in (("train", X_train, Y_train), ("dev", X_dev, Y_dev)):
        x = C[inputs].view(len(inputs), -1)
        for layer in layers:
            x = layer(x)
        print(f"{name} {F.cross_entropy(x, targets).item():.4f}")

print("new names")
g = torch.Generator().manual_seed(2147483647 + 10)
for _ in range(5):
    name, context = "", [0, 0, 0]
    while True:
        x = C[torch.tensor([context])].view(1, -1)
        for layer in layers:
            x = layer(x)
        i = torch.multinomial(F.softmax(x, dim=1), num_samples=1, generator=g).item()
        context = context[1:] + [i]
        if i == 0:
            break
        name += letters[i]
    print(name)
