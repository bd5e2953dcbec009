"""Modules that hold modules: in a sequence, in a list, by name."""

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, MutableMapping
from itertools import groupby
from typing import Any, Self

from micrograd.nn.module import Module, _repr

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _IndexedModules(Module):
    """Modules under the names '0', '1' and so on, with the methods of a list."""

    def _values(self) -> list[Any]:
        return [child for _, child in self._children()]

    def _name(self, index: Any) -> str:
        names = [name for name, _ in self._children()]
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexError(f"index {index} is out of range: there are {len(names)} modules") from None

    def __len__(self) -> int:
        return len(self._values())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values())

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Remove the modules at an index or a slice; the later ones are renumbered."""
        modules = self._values()
        del modules[index]
        for name in [name for name, _ in self._children()]:
            delattr(self, name)
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """Add a module at the end, and return self."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end, and return self."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Insert a module before that at an index; the later ones are renumbered."""
        modules = self._values()
        modules.insert(index, module)
        del self[:]
        self.extend(modules)


class Sequential(_IndexedModules):
    """Modules in sequence: the output of each is the input of the next.

    Sequential(first, second, ...), or Sequential(OrderedDict([(name, module), ...])) with names of your own.
    seq[i] is a module, seq[i:j] a Sequential of several. Raises TypeError for what is not a Module.

    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Tanh())
    >>> net(torch.zeros(1, 2, 2))
    tensor([[0., 0., 0., 0.]])
    """

    def __init__(self, *modules: Any):
        if len(modules) == 1 and isinstance(modules[0], OrderedDict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._children())[index]))
        return getattr(self, self._name(index))

    def forward(self, input: Any) -> Any:
        """input: what the first module takes; returns the output of the last."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_IndexedModules):
    """A list of modules whose parameters belong to the net, unlike a plain list's. Raises TypeError as Sequential.

    >>> layers = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers)
    3
    """

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self._values()[index])
        return getattr(self, self._name(index))

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *other])

    __iadd__ = _IndexedModules.extend

    def __repr__(self) -> str:
        """Equal neighbours are shown once, with their number."""
        lines, start = [], 0
        for line, group in groupby(map(repr, self)):
            n = len(list(group))
            lines.append(f"({start}): {line}" if n == 1 else f"({start}-{start + n - 1}): {n} x {line}")
            start += n
        return _repr(self, lines)


class ModuleDict(Module, MutableMapping[str, Module]):
    """A dict of modules whose parameters are the net's: of a mapping, or of pairs. Raises TypeError as Sequential.

    A name may also be used as an attribute, and must not be one that modules use for something else (KeyError).

    >>> parts = torch.nn.ModuleDict({'a': torch.nn.Tanh(), 'b': torch.nn.ReLU()})
    >>> list(parts)
    ['a', 'b']
    """

    __eq__, __hash__ = object.__eq__, object.__hash__  # a module equals itself alone

    def __init__(self, modules: Any = ()):
        self.update(modules)

    def __getitem__(self, name: str) -> Any:
        return dict(self._children())[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        delattr(self, name)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> Any:
        return dict(self._children()).keys()

    def values(self) -> Any:
        return dict(self._children()).values()

    def items(self) -> Any:
        return dict(self._children()).items()
