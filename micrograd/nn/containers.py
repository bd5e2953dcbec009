"""Modules that hold modules: in a chain, in a list, by name."""

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Self

from micrograd.nn.module import Module, _printed

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Row(Module):
    """Modules in a row, under the names '0', '1' and so on; an index is an int, negative ones from the end."""

    def _values(self) -> list[Any]:
        return [part for _, part in self._parts()]

    def _name(self, index: Any) -> str:
        names = [name for name, _ in self._parts()]
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
        """Without the modules at an index or a slice; those behind get new numbers."""
        parts = self._values()
        del parts[index]
        for name in [name for name, _ in self._parts()]:
            delattr(self, name)
        self.extend(parts)

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
        """Put a module before that at an index; those behind get new numbers."""
        parts = self._values()
        parts.insert(index, module)
        del self[:]
        self.extend(parts)


class Sequential(_Row):
    """Modules one behind the other: what one gives is handed to the next.

    Sequential(first, second, ...), or Sequential(OrderedDict([(name, module), ...])) for names of one's own.
    seq[i] is a module, seq[i:j] a Sequential of several. Raises TypeError for what is no Module.
    """

    def __init__(self, *modules: Any):
        if len(modules) == 1 and isinstance(modules[0], OrderedDict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._parts())[index]))
        return getattr(self, self._name(index))

    def forward(self, input: Any) -> Any:
        """What the last module gives for what the one before gives, and so on."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_Row):
    """A list of modules whose parameters are the net's: a plain list would hide them. Raises TypeError for others."""

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self._values()[index])
        return getattr(self, self._name(index))

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *other])

    __iadd__ = _Row.extend

    def __repr__(self) -> str:
        """Neighbours that print the same are printed once, with their number."""
        parts, start = [], 0
        for printed, group in groupby(map(repr, self)):
            n = len(list(group))
            parts.append(f"({start}): {printed}" if n == 1 else f"({start}-{start + n - 1}): {n} x {printed}")
            start += n
        return _printed(self, parts)


class ModuleDict(Module):
    """A dict of modules whose parameters are the net's: of a mapping, or of pairs. Raises TypeError for others.

    A name may also be used as an attribute, and must not be one that modules have for something else (KeyError).
    """

    def __init__(self, modules: Any = ()):
        self.update(modules)

    def update(self, modules: Any) -> None:
        """Add the modules of a mapping or of pairs, or put them in the place of those with these names."""
        for name, module in modules.items() if isinstance(modules, Mapping | ModuleDict) else modules:
            self[name] = module

    def __getitem__(self, name: str) -> Any:
        return dict(self._parts())[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def keys(self) -> Any:
        """The names, in the order they were set."""
        return dict(self._parts()).keys()

    def values(self) -> Any:
        """The modules."""
        return dict(self._parts()).values()

    def items(self) -> Any:
        """The pairs of name and module."""
        return dict(self._parts()).items()

    def pop(self, name: str) -> Any:
        """Remove a module, and return it. Raises KeyError where there is none of this name."""
        module = self[name]
        delattr(self, name)
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for name in list(self):
            del self[name]
