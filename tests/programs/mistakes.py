"""What people get wrong on the way, and the class of error that says so."""

import torch
import torch.nn as nn
import torch.nn.functional as F

x, w = torch.zeros(4, 5), torch.ones(3, 2, requires_grad=True)
used = (w * 2).sum()
used.backward()
net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())

mistakes = {
    "a matrix of another shape": lambda: x @ w,
    "a batch that is not flattened": lambda: torch.zeros(32, 3, 2) @ torch.zeros(6, 100),
    "shapes that do not broadcast": lambda: x + torch.zeros(4),
    "a layer of another width": lambda: net(x),
    "a view of another size": lambda: x.view(3, 7),
    "a view of what lies otherwise": lambda: torch.zeros(2, 3).t().view(6),
    "a row that is not there": lambda: x[7],
    "a dimension that is not there": lambda: x.sum(3),
    "a class that is not there": lambda: F.cross_entropy(x, torch.tensor([0, 1, 2, 5])),
    "a target for each of too few": lambda: F.cross_entropy(x, torch.tensor([0, 1])),
    "targets that are floats": lambda: F.cross_entropy(x, torch.zeros(4)),
    "logits that are ints": lambda: F.cross_entropy(torch.zeros(4, 5, dtype=torch.long), torch.zeros(4).long()),
    "a letter that is not in the table": lambda: nn.Embedding(3, 2)(torch.tensor([3])),
    "a float as an index": lambda: nn.Embedding(3, 2)(torch.tensor([1.0])),
    "a one-hot row too short": lambda: F.one_hot(torch.tensor([5]), num_classes=3),
    "a one-hot row of floats": lambda: F.one_hot(torch.tensor([0.5])),
    "backward of many numbers": lambda: (w * 2).backward(),
    "backward of a constant": lambda: x.sum().backward(),
    "backward a second time": lambda: [loss.backward() for loss in [(w**2).sum()] * 2],
    "a leaf changed in place": lambda: w.add_(1),
    "a needed number changed in place": lambda: change_what_is_needed(),
    "gradients of ints": lambda: torch.tensor([1, 2], requires_grad=True),
    "the mean of ints": lambda: torch.tensor([1, 2]).mean(),
    "ints times floats": lambda: torch.zeros(2, 2, dtype=torch.long) @ torch.zeros(2, 2),
    "NumPy while there is a graph": lambda: w.numpy(),
    "one number of many": lambda: x.item(),
    "the truth of many": lambda: bool(x),
    "ragged lists": lambda: torch.tensor([[1, 2], [3]]),
    "tensors of other shapes in a stack": lambda: torch.stack([torch.zeros(2), torch.zeros(3)]),
    "tensors of other shapes in a row": lambda: torch.cat([torch.zeros(2, 3), torch.zeros(3, 2)], 1),
    "negative weights": lambda: torch.multinomial(torch.tensor([0.5, -0.1]), 1),
    "more samples than there are": lambda: torch.multinomial(torch.tensor([0.5, 0.5]), 3),
    "a state of another net": lambda: net.load_state_dict({"weight": x}),
    "a state of another shape": lambda: nn.Linear(2, 2).load_state_dict(nn.Linear(3, 2).state_dict()),
    "no parameters": lambda: torch.optim.SGD([], lr=0.1),
    "a parameter that is no leaf": lambda: torch.optim.SGD([w * 2], lr=0.1),
    "a rate below zero": lambda: torch.optim.AdamW([w], lr=-1),
    "a module without forward": lambda: nn.Module()(x),
    "a name that is not there": lambda: net.weigth,
    "a name that no tensor has": lambda: x.softmaxx(),
    "one batch of one row": lambda: nn.BatchNorm1d(3)(torch.zeros(1, 3)),
}


def change_what_is_needed():
    y = w.exp()
    y += 1
    y.sum().backward()


for name, mistake in mistakes.items():
    try:
        print(f"{name}: {mistake()}")
    except Exception as error:
        base = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        print(f"{name}: {base.__name__}")

for wrong in (lambda: x @ w, lambda: net(x), lambda: x.view(3, 7), lambda: torch.zeros(32, 3, 2) @ torch.zeros(6, 100)):
    try:
        wrong()
    except RuntimeError as error:
        print(str(error).split(")")[0].split("(at")[0].split(":")[0])
