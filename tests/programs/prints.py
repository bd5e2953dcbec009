"""What people print on the way: tensors of all kinds, f-strings, shapes, dtypes, modules and what made a tensor."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1337)
x = torch.randn(3, 4)
w = torch.randn(4, 2, requires_grad=True)
y = (x @ w + 1).tanh()
loss = F.mse_loss(y, torch.zeros(3, 2))
print(x, x[0], x[0, 0], x[:, 1], x.shape, x.size(), x.dtype, x.ndim, len(x), x.numel(), x.device, x.stride())
print(w, y, loss, loss.item() < 1, y.grad_fn is None, w.is_leaf, y.is_leaf, w.grad)
loss.backward()
print(w.grad, w.grad.dtype, x.requires_grad, y.detach())
print(f"{loss:.4f} {loss.item():.3f} {x[0, 0]:+.2f} {x.mean():.3e} {x.shape} {tuple(x.shape)} {x[0]}")
print("%.3f %d %s" % (x[0, 1], torch.tensor(3), torch.tensor([1, 2])))
print(torch.tensor(3), torch.tensor(3.0), torch.tensor([True, False]), torch.tensor([1, 2]), torch.tensor([1.0, 2.5]))
print(torch.tensor([1e-8, 1.0]), torch.tensor([1e10, 1.0]), torch.tensor([math.nan, math.inf, 1.0]), torch.tensor([]))
print(torch.zeros(2, 0), torch.zeros(2, 3, 2), torch.arange(2000), torch.zeros(60, 30))
print(torch.ones(2, dtype=torch.float64))
print(torch.zeros(2, dtype=torch.int32), torch.arange(0, 1, 0.25), torch.linspace(-3, 0, 7), torch.eye(3))
print(x.max(), x.max(1), x.min(dim=0).values, x.topk(2), x.sort(1, descending=True)[1], x.argmax(1), x.std(0).shape)
print(x.sum(0), x.mean(1, keepdim=True), x.var(), x.norm(), (x > 0).sum(), x.abs().max().item() > 0, x.tolist()[0][:1])
print(np.asarray(x).shape, x.numpy().dtype, np.exp(x.numpy()).shape, torch.from_numpy(np.arange(3.0)))
print(x.view(-1)[:3], x.T.shape, x.unsqueeze(0).shape, x.repeat(2, 1).shape, torch.stack([x, x]).shape, x[x > 5])
print(torch.where(x > 0, x, torch.zeros_like(x)), x.clamp(-1, 1), x.masked_fill(x < 0, 0.0))
print(torch.tril(torch.ones(3, 3)))
for name, made in dict(
    add=w + 1, mul=w * 2, div=w / 2, neg=-w, pow=w**2, mm=x @ w, sum=w.sum(), sum1=w.sum(0), mean=w.mean(), exp=w.exp(),
    log=w.exp().log(), tanh=w.tanh(), relu=w.relu(), sigmoid=w.sigmoid(), softmax=w.softmax(1), view=w.view(-1),
    row=w[0], rows=w[[0, 1]], part=w[1:], column=w[:, 0], T=w.T, cat=torch.cat([w, w]), stack=torch.stack([w, w]),
    reshape=w.reshape(2, 4), squeeze=w.squeeze(), unsqueeze=w.unsqueeze(0), max=w.max(), max1=w.max(1)[0], var=w.var(0),
    std=w.std(), abs=w.abs(), sqrt=w.abs().sqrt(), clamp=w.clamp(0, 1), where=torch.where(w > 0, w, 0.0),
    clone=w.clone(), double=w.double(), ce=F.cross_entropy(w, torch.tensor([0, 1, 0, 1])), gelu=F.gelu(w),
    log_softmax=F.log_softmax(w, 1), linear=F.linear(x, w.T), norm=F.layer_norm(w, (2,)), rsub=1 - w, rdiv=1 / w,
    bmm=w[None] @ w.T[None], expand=w.expand(2, 4, 2), masked=w.masked_fill(w > 0, 0.0),
    embed=F.embedding(torch.tensor([1]), w),
).items():  # fmt: skip
    print(name, str(made.grad_fn).split()[0], tuple(made.shape))

net = nn.Sequential(
    nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 6, bias=False), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.25),
    nn.Sequential(nn.Linear(6, 6), nn.GELU(), nn.LayerNorm(6)), nn.Linear(6, 2), nn.Softmax(dim=-1),
)  # fmt: skip
print(net, net[6][0], net[-1], len(net), net[1:3])
print(nn.ModuleDict(dict(a=nn.Conv1d(2, 3, 3, padding=1, dilation=2), b=nn.ModuleList([nn.Tanh()] * 2))), nn.Identity())
print(net[7].bias, nn.CrossEntropyLoss(), nn.MSELoss(), nn.Sigmoid(), nn.Embedding(3, 2, padding_idx=0))
print(torch.optim.SGD(net.parameters(), lr=0.1), torch.optim.Adam(net.parameters()))
print(net.state_dict().keys(), net.eval().training, next(net.parameters()).shape)
torch.set_printoptions(precision=2, sci_mode=False, linewidth=100)
print(x * 1000, torch.tensor([1e-6, 1.0]))
torch.set_printoptions(profile="default")
