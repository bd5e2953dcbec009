"""Weights that an optimizer never sees: layers in a plain list, and tensors that are no Parameters."""

import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from micrograd.graph import Node
from micrograd.guard.caught import UpdateError
from micrograd.guard.steps import SEVERAL, record_of
from micrograd.nn import Module, Parameter
from micrograd.tensors import Tensor

_modules: set[weakref.ref[Module]] = set()
"""The Modules whose forward made nodes that backward went through."""

_unseen: "list[tuple[str, weakref.ref[Tensor], str]]" = []
"""Leaves in their attributes that are no parameters: name, leaf, and what was meant."""


def note_modules(nodes: Iterable[Node]) -> None:
    """Remember the Modules that some Nodes were made in, and look into those that are new."""
    for node in nodes:
        entered = node.module
        while entered is not None and (module := entered[0]()) is not None and entered[0] not in _modules:
            _modules.add(entered[0])
            _unseen.extend([(name, weakref.ref(leaf), meant) for name, leaf, meant in _beside(module)])
            entered = entered[1]


def check_step(parameters: Sequence[Tensor]) -> None:
    """Look for leaves that the optimizer does not see, when it is about to update its parameters.

    Raises UpdateError for one that has had gradients at several steps and was not updated.
    """
    for p in parameters:
        p.__dict__["_held"] = True
    for name, reference, meant in _unseen:
        leaf = reference()
        if leaf is None or "_held" in leaf.__dict__ or not record_of(leaf).fresh:
            continue
        record = record_of(leaf)
        record.fresh = False
        record.unmoved = record.unmoved + 1 if record.numbers == record.numbers_before else 1
        record.numbers_before = record.numbers
        if record.unmoved >= SEVERAL:
            raise UpdateError(
                f"{name}, of shape {list(leaf.shape)}, has had a gradient at each of {record.unmoved} steps, and no "
                "optimizer has moved it: parameters() does not see what is in a plain list or no Parameter. Probably "
                f"meant: {meant}; or, where it is to stay as it is, requires_grad_(False)"
            )


def forget() -> None:
    _modules.clear()
    _unseen.clear()


def _beside(module: Module) -> Iterator[tuple[str, Tensor, str]]:
    """The leaves in the attributes of a Module that are not among its parameters: name, leaf, and what was meant."""
    for name, thing in vars(module).items():
        if isinstance(thing, Module | Parameter):
            continue
        kept = "ModuleDict({...})" if isinstance(thing, dict) else "ModuleList([...])"
        for path, leaf, in_module in _leaves(name, thing):
            meant = f"self.{name} = nn.{kept if in_module else 'Parameter(...)'}"
            if not in_module and leaf is not thing:
                meant = "nn.Parameter, an attribute of its own"
            yield f"self.{path} of {type(module).__name__}", leaf, meant


def _leaves(path: str, thing: Any) -> Iterator[tuple[str, Tensor, bool]]:
    """The leaves in a tensor, Module, list, tuple or dict: the path to each, the leaf, and whether it is a Module's."""
    if isinstance(thing, Module):
        for name, p in thing.named_parameters():
            yield from [(at, leaf, True) for at, leaf, _ in _leaves(f"{path}.{name}", p)]
    elif isinstance(thing, list | tuple | dict):
        for key, part in thing.items() if isinstance(thing, dict) else enumerate(thing):
            yield from _leaves(f"{path}[{key!r}]", part)
    elif isinstance(thing, Tensor) and thing._requires_grad and thing.grad_fn is None:
        yield path, thing, False
