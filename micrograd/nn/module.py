"""Module, the parent of every net, scalar or tensor."""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from micrograd import graph
from micrograd.rules import dtypes
from micrograd.engine import Value
from micrograd.graph import no_grad
from micrograd.nn.parameter import Parameter
from micrograd.tensors import Tensor


class LoadedKeys(NamedTuple):
    """What load_state_dict found: the names that the state_dict lacks, and those it has too many."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Hook:
    """The handle of a function that a Module calls."""

    def __init__(self, hooks: dict["Hook", Callable], function: Callable):
        self.hooks = hooks
        hooks[self] = function

    def remove(self) -> None:
        """Have it called no more."""
        self.hooks.pop(self, None)


class Module:
    """A part of a net; its parameters, buffers and parts are found among its attributes, in the order they were set.

    A subclass sets Parameters and Modules as attributes and defines `forward`; calling the module calls it. No
    `super().__init__()` is needed, and none does harm. The names and the orders are those of PyTorch's nn.Module.
    """

    training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        outside = graph.state.module
        graph.state.module = (weakref.ref(self), outside)
        try:
            result = self.forward(*args, **kwargs)
        finally:
            graph.state.module = outside
        hooks = vars(self).get("_forward_hooks")
        if hooks:
            for hook in hooks.values():
                changed = hook(self, args, result)
                result = result if changed is None else changed
        return result

    def register_forward_hook(self, hook: Callable[["Module", tuple[Any, ...], Any], Any]) -> "Hook":
        """Call hook(module, inputs, output) after every forward; what it returns, if not None, is the output then.

        Returns a handle, whose remove() takes the hook away again.
        """
        return Hook(vars(self).setdefault("_forward_hooks", {}), hook)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module does; every subclass that is called defines it. Raises NotImplementedError."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: define forward(self, ...)")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. Raises TypeError where a Parameter or Module would be lost to what the net cannot train."""
        old = vars(self).get(name)
        if isinstance(old, Parameter) and not isinstance(value, Parameter | None):
            raise TypeError(
                f"cannot assign a {type(value).__name__} as parameter {name!r}: take a Parameter or None, or change "
                "its numbers in place under no_grad()"
            )
        if isinstance(old, Module) and not isinstance(value, Module | Parameter | None):
            raise TypeError(f"cannot assign a {type(value).__name__} as child module {name!r}: take a Module or None")
        object.__setattr__(self, name, value)

    # What it is made of.

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set the attribute `name` to a Parameter, or to None. Raises TypeError, KeyError as add_module does."""
        self._register("parameter", Parameter, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set the attribute `name` to a tensor that belongs to the net's state (if persistent) but is not trained."""
        self._register("buffer", Tensor, name, tensor)
        vars(self).setdefault("_buffer_names", {})[name] = persistent

    def add_module(self, name: str, module: "Module | None") -> None:
        """Set the attribute `name` to a Module, or to None.

        Raises TypeError for what is neither, KeyError for a name with a dot and for one that means something else.
        """
        self._register("module", Module, name, module)

    register_module = add_module

    def _register(self, kind: str, wanted: type, name: str, value: Any) -> None:
        if not (value is None or isinstance(value, wanted)):
            raise TypeError(f"a {kind} has to be a {wanted.__name__} or None, and {name!r} is a {type(value).__name__}")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string, not {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{kind} name can't be empty or contain '.', got: {name!r}")
        old = getattr(self, name, None)
        if not (old is None or isinstance(old, wanted)):
            raise KeyError(f"attribute {name!r} already exists")
        setattr(self, name, value)

    def get_submodule(self, target: str) -> "Module":
        """The part with this dotted name; '' is the module itself. Raises AttributeError where there is none."""
        module = self
        for name in target.split(".") if target else []:
            part = getattr(module, name, None)
            if not isinstance(part, Module):
                raise AttributeError(f"{type(module).__name__} has no attribute {name!r} that is a module")
            module = part
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The Parameter with this dotted name. Raises AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        return _found(self.get_submodule(path), name, "parameter", Module._own_parameters)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with this dotted name. Raises AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        return _found(self.get_submodule(path), name, "buffer", Module._own_buffers)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Name and module of each direct part, each module once."""
        return _each_once(self._parts())

    def children(self) -> Iterator["Module"]:
        """Each direct part."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, "Module"]]:
        """Dotted name and module of itself and of every part, of parts too; each module once (if remove_duplicate)."""
        seen = set()
        stack = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if not (remove_duplicate and module in seen):
                seen.add(module)
                yield path, module
                stack.extend(reversed([(_dotted(path, name), part) for name, part in module._parts()]))

    def modules(self) -> Iterator["Module"]:
        """Itself and every part, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Dotted name and Parameter, each parameter once (if remove_duplicate); of its own alone if not recurse."""
        found = self._tensors(lambda module: module._own_parameters(), prefix, recurse, remove_duplicate)
        return _each_once(found) if remove_duplicate else found

    def parameters(self, recurse: bool = True) -> Any:
        """The Parameters, a generator, with the Values of scalar nets among its parts; a scalar net returns a list."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Dotted name and tensor of each buffer; the arguments are those of named_parameters."""
        found = self._tensors(Module._own_buffers, prefix, recurse, remove_duplicate)
        return _each_once(found) if remove_duplicate else found

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers: tensors that are saved with the net but not trained."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _parts(self) -> Iterator[tuple[str, "Module"]]:
        return ((name, part) for name, part in vars(self).items() if isinstance(part, Module))

    def _own_parameters(self) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Parameter))

    def _own_buffers(self, persistent_only: bool = False) -> Iterator[tuple[str, Any]]:
        for name, persistent in vars(self).get("_buffer_names", {}).items():
            if vars(self).get(name) is not None and (persistent or not persistent_only):
                yield name, vars(self)[name]

    def _own_state(self) -> Iterator[tuple[str, Any]]:
        yield from self._own_parameters()
        yield from self._own_buffers(persistent_only=True)

    def _tensors(
        self, own: Callable[["Module"], Iterator[tuple[str, Any]]], prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        """What `own` finds in each module, under its dotted name."""
        for path, module in self.named_modules(prefix, once) if recurse else [(prefix, self)]:
            for name, tensor in own(module):
                yield _dotted(path, name), tensor

    # Saving and loading.

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> "OrderedDict[str, Tensor]":
        """Every parameter and buffer by prefix and dotted name, in the net's memory; detached, unless keep_vars.

        Raises TypeError for a scalar net.
        """
        state = self._state().items()
        return OrderedDict((prefix + name, tensor if keep_vars else tensor.detach()) for name, tensor in state)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy tensors into the parameters and buffers of the same names; nothing is changed unless all fit.

        Returns the names that state_dict lacks and those it has too many. Raises RuntimeError, naming them, where
        there are any and strict is True, and where a shape differs; TypeError for a scalar net.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}")
        own = self._state()
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        problems = [f"Missing key(s) in state_dict: {', '.join(missing)}."] * bool(missing and strict)
        problems += [f"Unexpected key(s) in state_dict: {', '.join(unexpected)}."] * bool(unexpected and strict)
        for name, tensor in own.items():
            given = getattr(state_dict.get(name, tensor), "shape", None)
            if given is None:
                problems.append(f"{name} is no tensor but a {type(state_dict[name]).__name__}.")
            elif tuple(given) != tensor.shape:
                problems.append(f"size mismatch for {name}: {list(given)} is given, {list(tensor.shape)} is here.")
        if problems:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}: {' '.join(problems)}")
        with no_grad():
            for name, tensor in own.items():
                if name in state_dict:
                    tensor.copy_(state_dict[name])
        return LoadedKeys(missing, unexpected)

    def _state(self) -> dict[str, Tensor]:
        if any(isinstance(parameter, Value) for parameter in self.parameters()):
            raise TypeError(
                f"a state_dict holds tensors, and the parameters of this {type(self).__name__} are Values: "
                "keep [p.data for p in net.parameters()] instead"
            )
        return dict(self._tensors(Module._own_state, "", recurse=True, once=False))

    # Training.

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: a Value's becomes 0; a Tensor's None or, if not set_to_none, zeros."""
        for parameter in self.parameters():
            if isinstance(parameter, Value):
                parameter.grad = 0
            elif set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set requires_grad of every parameter, and return self."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in every part, and return self."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as train(False)."""
        return self.train(False)

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call fn on every part, innermost first, and then on self; return self."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert all parameters and buffers of floats, and the gradients, by Tensor.to; return self.

        Raises TypeError for a dtype that is none of floats, RuntimeError for another device than the CPU.
        """
        for tensor in [*self.parameters(), *self.buffers()]:
            for each in (tensor, tensor.grad):
                if isinstance(each, Tensor) and each._array.dtype.kind == "f":
                    converted = each.detach().to(*args, **kwargs)
                    if converted._array.dtype.kind != "f":
                        raise TypeError(f"nn.Module.to only accepts dtypes of floats, not {converted.dtype}")
                    each.data = converted
        return self

    def float(self) -> Self:
        """Convert to float32, as `to` does."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """Convert to float64, as `to` does."""
        return self.to(dtypes.float64)

    def cpu(self) -> Self:
        """Self: the one device is the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raises RuntimeError: there is no other device than the CPU."""
        return self.to("cuda")

    # Printing.

    def extra_repr(self) -> str:
        """What the printed form says between the brackets."""
        return ""

    def __repr__(self) -> str:
        return _printed(self, [f"({name}): {part!r}" for name, part in self._parts()])


def _printed(module: Module, parts: list[str]) -> str:
    """The printed form of a module with such parts: on one line where there are none and extra_repr is one line."""
    extra = module.extra_repr().splitlines()
    if not parts and len(extra) <= 1:
        return f"{type(module).__name__}({''.join(extra)})"
    lines = [*extra, *[part.replace("\n", "\n  ") for part in parts]]
    return "\n  ".join([f"{type(module).__name__}(", *lines]) + "\n)"


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _each_once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen = set()
    for name, item in named:
        if item not in seen:
            seen.add(item)
            yield name, item


def _found(module: Module, name: str, kind: str, own: Callable[[Module], Iterator[tuple[str, Any]]]) -> Any:
    found = dict(own(module)).get(name)
    if found is None:
        raise AttributeError(f"{type(module).__name__} has no {kind} {name!r}")
    return found
