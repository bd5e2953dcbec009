"""A small project as an editor sees it: type checkers find no error here. It also runs, on micrograd and on PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import micrograd as torch
import micrograd.nn.functional as F  # noqa: N812
from micrograd import nn, optim
from micrograd.utils.data import DataLoader, Dataset, TensorDataset, random_split

LETTERS = 27


class Words(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Contexts and the letter that follows each."""

    def __init__(self, words: list[str], context_length: int = 3) -> None:
        self.context_length = context_length
        self.contexts: list[list[int]] = []
        self.targets: list[int] = []
        for word in words:
            context = [0] * context_length
            for letter in [*word, "."]:
                target = 0 if letter == "." else ord(letter) - ord("a") + 1
                self.contexts.append(context)
                self.targets.append(target)
                context = [*context[1:], target]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(self.contexts[index]), torch.tensor(self.targets[index])


class Gain(nn.Module):
    """A learned factor for each feature, and a running mean that is no parameter."""

    running_mean: torch.Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(features))
        self.register_buffer("running_mean", torch.zeros(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            with torch.no_grad():
                self.running_mean.mul_(0.9).add_(0.1 * x.mean(0))
        centred = x - self.running_mean
        return self.gain * centred / ((centred**2).mean(-1, keepdim=True) + 1e-5).sqrt()


class MLP(nn.Module):
    """Embeddings of the context, side by side, and two layers."""

    def __init__(self, context_length: int, width: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.context_length = context_length
        self.embedding = nn.Embedding(LETTERS, width)
        self.body = nn.Sequential(nn.Linear(context_length * width, hidden), Gain(hidden), nn.Tanh(), nn.Dropout(0.1))
        self.head = nn.Linear(hidden, LETTERS)
        self.extra = nn.ModuleList([nn.LayerNorm(hidden) for _ in range(2)])
        with torch.no_grad():
            self.embedding.weight.copy_(torch.randn((LETTERS, width), generator=generator))
            self.head.weight *= 0.1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length = x.shape
        assert length == self.context_length
        hidden: torch.Tensor = self.body(self.embedding(x).view(batch, -1))
        for layer in self.extra:
            hidden = hidden + layer(hidden)
        logits: torch.Tensor = self.head(hidden)
        return logits


def train(model: MLP, batches: DataLoader[tuple[torch.Tensor, ...]], steps: int) -> list[float]:
    optimizer = optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01)
    schedule = optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
    losses: list[float] = []
    model.train()
    while len(losses) < steps:
        for x, y in batches:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return losses[:steps]


@torch.no_grad()
def mean_loss(model: MLP, x: torch.Tensor, y: torch.Tensor) -> float:
    model.eval()
    loss = F.cross_entropy(model(x), y, reduction="none")
    return float(loss.mean())


@torch.no_grad()
def sample(model: MLP, generator: torch.Generator) -> Iterator[str]:
    model.eval()
    context = [0] * model.context_length
    for _ in range(20):
        probabilities = F.softmax(model(torch.tensor([context])), dim=1)
        index = int(torch.multinomial(probabilities, num_samples=1, generator=generator).item())
        if index == 0:
            return
        context = [*context[1:], index]
        yield chr(ord("a") + index - 1)


def by_hand(counts: torch.Tensor) -> torch.Tensor:
    """Indexing, reductions and operators, in the manner of the lectures."""
    P = (counts + 1).float()
    P /= P.sum(1, keepdim=True)
    rows = P[torch.arange(3), [0, 1, 2]]
    best, where = P.max(1)
    values, indices = P[0].sort(descending=True)
    top = P.topk(3, dim=1)
    mask = (P > 0.1) & ~(P == 1)
    cleared = torch.where(mask, P, torch.zeros_like(P))
    joined = torch.cat([rows.view(1, -1), best[:3][None, :], top.values[:1]], dim=0)
    total = 1 - 2 * joined.sum() + cleared.mean() ** 2 - (-values[0]).exp() + where.float().mean() + indices[0] * 0
    one_hot = F.one_hot(torch.tensor([1, 2]), num_classes=LETTERS).float()
    logits = one_hot @ torch.randn(LETTERS, LETTERS).T
    log_likelihood: torch.Tensor = torch.log(torch.softmax(logits, dim=-1)).clamp(min=-10).mean()
    first, second = logits.unbind(0)
    return total + log_likelihood + (first.reshape(3, 9).permute(1, 0).contiguous() ** 2).mean() + second.norm()


def main(folder: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    words = Words(["emma", "olivia", "ava", "isabella", "sophia"])
    x = torch.stack([words[i][0] for i in range(len(words))])
    y = torch.stack([words[i][1] for i in range(len(words))])
    train_set, dev_set = random_split(TensorDataset(x, y), [len(words) - 5, 5], generator=generator)
    model = MLP(words.context_length, width=4, hidden=16, generator=generator)
    losses = train(model, DataLoader(train_set, batch_size=8, shuffle=True, generator=generator), steps=60)
    assert losses[-1] < losses[0], "it learns"
    torch.save(model.state_dict(), folder / "model.pt")
    again = MLP(words.context_length, width=4, hidden=16, generator=generator)
    again.load_state_dict(torch.load(folder / "model.pt"))
    for name, parameter in again.named_parameters():
        print(f"{name:20} {tuple(parameter.shape)} {parameter.dtype} {parameter.requires_grad}")
    gradient = model.head.weight.grad
    size = 0.0 if gradient is None else gradient.abs().max().item()
    print(len(dev_set), mean_loss(again, x, y), size, "".join(sample(again, generator)), by_hand(torch.ones(27, 27)))
    print([p.numel() for p in again.parameters()], losses[-1], torch.__version__, x.tolist()[0], x.numpy().sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
