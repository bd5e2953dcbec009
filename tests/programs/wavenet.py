"""A WaveNet-like tree of layers of one's own: eight letters, joined two by two."""

import random

import torch
import torch.nn.functional as F

words = open("names.txt").read().splitlines()[:2000]
random.seed(42)
random.shuffle(words)
letters = ["."] + sorted(set("".join(words)))
number = {letter: i for i, letter in enumerate(letters)}
width = 8


def examples(words):
    xs, ys = [], []
    for word in words:
        context = [0] * width
        for letter in word + ".":
            xs.append(context)
            ys.append(number[letter])
            context = context[1:] + [number[letter]]
    return torch.tensor(xs), torch.tensor(ys)


X_train, Y_train = examples(words[:1600])
X_dev, Y_dev = examples(words[1600:])
print(X_train.shape, X_dev.shape)


class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn((fan_in, fan_out)) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            dims = 0 if x.ndim == 2 else (0, 1)
            mean, var = x.mean(dims, keepdim=True), x.var(dims, keepdim=True)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        else:
            mean, var = self.running_mean, self.running_var
        self.out = self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]


class Tanh:
    def __call__(self, x):
        self.out = torch.tanh(x)
        return self.out

    def parameters(self):
        return []


class Embedding:
    def __init__(self, count, dim):
        self.weight = torch.randn((count, dim))

    def __call__(self, indices):
        self.out = self.weight[indices]
        return self.out

    def parameters(self):
        return [self.weight]


class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        batch, time, channels = x.shape
        x = x.view(batch, time // self.n, channels * self.n)
        self.out = x.squeeze(1) if x.shape[1] == 1 else x
        return self.out

    def parameters(self):
        return []


class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.out = x
        return self.out

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


torch.manual_seed(42)
layers = [Embedding(27, 8)]
for fan_in in (16, 48, 48):
    layers += [FlattenConsecutive(2), Linear(fan_in, 24, bias=False), BatchNorm1d(24), Tanh()]
model = Sequential([*layers, Linear(24, 27)])
with torch.no_grad():
    model.layers[-1].weight *= 0.1
parameters = model.parameters()
print(sum(p.nelement() for p in parameters))
for p in parameters:
    p.requires_grad = True

# Even and odd places side by side are what view does.
e = torch.randn(4, 8, 10)
print((e.view(4, 4, 20) == torch.cat([e[:, ::2, :], e[:, 1::2, :]], dim=2)).all(), (e @ torch.randn(10, 3)).shape)

losses = []
for step in range(60):
    batch = torch.randint(0, X_train.shape[0], (32,))
    loss = F.cross_entropy(model(X_train[batch]), Y_train[batch])
    for p in parameters:
        p.grad = None
    loss.backward()
    for p in parameters:
        p.data += -0.1 * p.grad
    losses.append(loss.log10().item())
    if step % 20 == 0:
        print(f"{step:7d}: {loss.item():.4f}")
print(torch.tensor(losses).view(-1, 20).mean(1))
for layer in model.layers:
    print(layer.__class__.__name__, ":", tuple(layer.out.shape))

for layer in model.layers:
    layer.training = False


@torch.no_grad()
def split_loss(split):
    x, y = {"train": (X_train, Y_train), "dev": (X_dev, Y_dev)}[split]
    print(split, f"{F.cross_entropy(model(x), y).item():.3f}")


split_loss("train")
split_loss("dev")
rows = torch.zeros(4, 27)
for i in range(4):
    rows[i] = model(X_dev[[i]])
print(rows.shape, rows.grad_fn, torch.allclose(rows, model(X_dev[:4]), atol=1e-5))

print("new names")
for _ in range(5):
    name, context = "", [0] * width
    while True:
        chances = F.softmax(model(torch.tensor([context])), dim=1)
        i = torch.multinomial(chances, num_samples=1).item()
        context = context[1:] + [i]
        if i == 0:
            break
        name += letters[i]
    print(name)
