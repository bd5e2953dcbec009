"""Every gradient of the net with batch normalization, worked out by hand and held against backward's."""

import torch
import torch.nn.functional as F

g = torch.Generator().manual_seed(2147483647)
n, vocabulary, width, hidden = 32, 27, 3, 24
X = torch.randint(0, vocabulary, (n, width), generator=g)
Y = torch.randint(0, vocabulary, (n,), generator=g)
C = torch.randn((vocabulary, 10), generator=g)
W1 = torch.randn((30, hidden), generator=g) * (5 / 3) / 30**0.5
b1 = torch.randn(hidden, generator=g) * 0.1
W2 = torch.randn((hidden, vocabulary), generator=g) * 0.1
b2 = torch.randn(vocabulary, generator=g) * 0.1
gain = torch.randn((1, hidden), generator=g) * 0.1 + 1.0
shift = torch.randn((1, hidden), generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, gain, shift]
print(sum(p.nelement() for p in parameters))
for p in parameters:
    p.requires_grad = True


def cmp(name, mine, tensor):
    close = torch.allclose(mine, tensor.grad, atol=1e-7)
    difference = (mine - tensor.grad).abs().max().item()
    print(f"{name:12s} | {tuple(mine.shape)!s:12s} | approximate: {close!s:5s} | small: {difference < 1e-6}")


emb = C[X]
flat = emb.view(n, -1)
before = flat @ W1 + b1
mean = 1 / n * before.sum(0, keepdim=True)
centred = before - mean
squares = centred**2
variance = 1 / (n - 1) * squares.sum(0, keepdim=True)
scale = (variance + 1e-5) ** -0.5
normed = centred * scale
preact = gain * normed + shift
h = torch.tanh(preact)
logits = h @ W2 + b2
largest = logits.max(1, keepdim=True).values
shifted = logits - largest
counts = shifted.exp()
total = counts.sum(1, keepdims=True)
inverse = total**-1
probs = counts * inverse
logprobs = probs.log()
loss = -logprobs[range(n), Y].mean()

inner = dict(
    logprobs=logprobs, probs=probs, inverse=inverse, total=total, counts=counts, shifted=shifted, largest=largest,
    logits=logits, h=h, preact=preact, normed=normed, scale=scale, variance=variance, squares=squares,
    centred=centred, mean=mean, before=before, flat=flat, emb=emb,
)  # fmt: skip
for tensor in inner.values():
    tensor.retain_grad()
loss.backward()
print(loss)
for name, tensor in inner.items():
    print(name, tensor.shape, str(tensor.grad_fn).split()[0])

dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Y] = -1.0 / n
dprobs = dlogprobs / probs
dinverse = (counts * dprobs).sum(1, keepdim=True)
dcounts = inverse * dprobs
dtotal = -(total**-2) * dinverse
dcounts += torch.ones_like(counts) * dtotal
dshifted = counts * dcounts
dlogits = dshifted.clone()
dlargest = (-dshifted).sum(1, keepdim=True)
dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlargest
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dpreact = (1.0 - h**2) * dh
dgain = (normed * dpreact).sum(0, keepdim=True)
dnormed = gain * dpreact
dshift = dpreact.sum(0, keepdim=True)
dcentred = scale * dnormed
dscale = (centred * dnormed).sum(0, keepdim=True)
dvariance = -0.5 * (variance + 1e-5) ** -1.5 * dscale
dsquares = 1.0 / (n - 1) * torch.ones_like(squares) * dvariance
dcentred += 2 * centred * dsquares
dbefore = dcentred.clone()
dmean = (-dcentred).sum(0, keepdim=True)
dbefore += 1.0 / n * (torch.ones_like(before) * dmean)
dflat = dbefore @ W1.T
dW1 = flat.T @ dbefore
db1 = dbefore.sum(0)
demb = dflat.view(emb.shape)
dC = torch.zeros_like(C)
for i in range(X.shape[0]):
    for j in range(X.shape[1]):
        dC[X[i, j]] += demb[i, j]

for name, tensor in inner.items():
    cmp(name, globals()["d" + name], tensor)
for name in ("W2", "b2", "gain", "shift", "W1", "b1", "C"):
    cmp(name, globals()["d" + name], globals()[name])

# In one step each: the loss, and the normalization.
fast = F.cross_entropy(logits, Y)
print(f"{fast.item():.4f}", abs(fast.item() - loss.item()) < 1e-6)
dlogits = F.softmax(logits, 1)
dlogits[range(n), Y] -= 1
dlogits /= n
cmp("logits", dlogits, logits)
print(dlogits.shape, dlogits.grad_fn is not None, f"{dlogits[0].sum().abs().item():.4f}")
dbefore = gain * scale / n * (n * dpreact - dpreact.sum(0) - n / (n - 1) * normed * (dpreact * normed).sum(0))
cmp("before", dbefore, before)
print(f"{(dC - torch.einsum('bi,bj->ij', F.one_hot(X, 27).float().view(-1, 27), demb.view(-1, 10))).abs().max():.4f}")

with torch.no_grad():
    for step in range(20):
        h = torch.tanh(C[X].view(n, -1) @ W1 + b1)
        dlogits = F.softmax(h @ W2 + b2, 1)
        print(f"{step:2d} {-dlogits[range(n), Y].log().mean().item():.4f}") if step % 5 == 0 else None
        dlogits[range(n), Y] -= 1
        dlogits /= n
        dpreact = (1 - h**2) * (dlogits @ W2.T)
        steps = [(W2, h.T @ dlogits), (b2, dlogits.sum(0)), (W1, C[X].view(n, -1).T @ dpreact), (b1, dpreact.sum(0))]
        for p, gradient in steps:
            p.data += -0.5 * gradient

# What the exercise stumbles over: a second way back through a graph that was let go.
try:
    loss.backward()
except RuntimeError as error:
    print(type(error).__name__, "second time" in str(error))
try:
    h.retain_grad()
except RuntimeError as error:
    print(error)
