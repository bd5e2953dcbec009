"""Module, the base class of every net, scalar or tensor."""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from micrograd.autograd import HookHandle
from micrograd.engine import Value
from micrograd.graph import state
from micrograd.nn.hooks import Hooks
from micrograd.nn.parameter import Parameter
from micrograd.rules import dtypes
from micrograd.rules.grad_mode import no_grad
from micrograd.tensors import Tensor

OwnTensors = Callable[["Module"], Iterator[tuple[str, Any]]]  # (name, tensor) of one module


class LoadedKeys(NamedTuple):
    """What load_state_dict returns: names missing from the state_dict, and names in it that the net does not have."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Module:
    """A net or a layer; its parameters, buffers and child modules are its attributes, in the order they were set.

    A subclass sets Parameters and Modules as attributes and defines `forward`; calling the module calls it.
    `super().__init__()` may be called or left out. Names and orders are those of PyTorch's nn.Module.

    >>> class Twice(torch.nn.Module):
    ...     def forward(self, x):
    ...         return 2 * x
    >>> Twice()(torch.tensor([1, 2]))
    tensor([2, 4])
    """

    training = True
    _hooks: Hooks | None = None

    if TYPE_CHECKING:  # which cannot know the buffers and children that are registered under a name

        def __getattr__(self, name: str) -> Any: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hooks, passage = self._hooks, None
        if hooks is not None:
            args, passage = hooks.before(self, args)
        outside = state.module
        state.module = (weakref.ref(self), outside)
        try:
            result = self.forward(*args, **kwargs)
        finally:
            state.module = outside
        return result if hooks is None else hooks.after(self, args, result, passage)

    def register_forward_pre_hook(self, hook: Callable[["Module", tuple[Any, ...]], Any]) -> HookHandle:
        """Call hook(module, inputs) before every forward; if it returns something, that replaces the inputs.

        Returns a handle, whose remove() removes the hook, as the other hooks do.
        """
        return HookHandle(self._own_hooks().forward_pre, hook)

    def register_forward_hook(self, hook: Callable[["Module", tuple[Any, ...], Any], Any]) -> HookHandle:
        """Call hook(module, inputs, output) after every forward; if it returns something, that replaces the output.

        Returns a handle, whose remove() removes the hook.
        """
        return HookHandle(self._own_hooks().forward, hook)

    def register_full_backward_pre_hook(self, hook: Callable[["Module", tuple[Any, ...]], Any]) -> HookHandle:
        """Call hook(module, grad_output) when backward has the gradients of the outputs, a tuple.

        If it returns something, that replaces grad_output.
        """
        return HookHandle(self._own_hooks().backward_pre, hook)

    def register_full_backward_hook(
        self, hook: Callable[["Module", tuple[Any, ...], tuple[Any, ...]], Any]
    ) -> HookHandle:
        """Call hook(module, grad_input, grad_output) when backward has the gradients of the inputs and of the outputs.

        Both are tuples, with None for what requires no grad; if the hook returns something, that replaces grad_input.

        >>> layer = torch.nn.Tanh()
        >>> handle = layer.register_full_backward_hook(lambda layer, grad_input, grad_output: print(grad_output))
        >>> layer(torch.zeros(2, requires_grad=True)).sum().backward()
        (tensor([1., 1.]),)
        """
        return HookHandle(self._own_hooks().backward, hook)

    def _own_hooks(self) -> Hooks:
        return vars(self).setdefault("_hooks", Hooks())

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; a subclass defines it. Raises NotImplementedError where it does not."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: define forward(self, ...)")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. Raises TypeError for another kind of value in place of a Parameter, buffer or Module."""
        old = vars(self).get(name)
        buffers = vars(self).get("_buffer_names", {})
        if isinstance(old, Parameter) and not isinstance(value, Parameter | None):
            raise TypeError(
                f"cannot assign a {type(value).__name__} as parameter {name!r}: take a Parameter or None, or change "
                "its numbers in place under no_grad()"
            )
        if isinstance(old, Module) and not isinstance(value, Module | Parameter | None):
            raise TypeError(f"cannot assign a {type(value).__name__} as child module {name!r}: take a Module or None")
        if name in buffers and isinstance(value, Parameter | Module):
            del buffers[name]
        elif name in buffers and not isinstance(value, Tensor | None):
            raise TypeError(f"cannot assign a {type(value).__name__} as buffer {name!r}: take a Tensor or None")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        vars(self).get("_buffer_names", {}).pop(name, None)

    # Parameters, buffers and submodules.

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set the attribute `name` to a Parameter or None. Raises as add_module does."""
        self._register("parameter", Parameter, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set the attribute `name` to a tensor that is not trained, but saved if persistent. Raises as add_module."""
        self._register("buffer", Tensor, name, tensor)
        vars(self).setdefault("_buffer_names", {})[name] = persistent

    def add_module(self, name: str, module: "Module | None") -> None:
        """Set the attribute `name` to a Module or None.

        Raises TypeError for other values, KeyError for a name with a dot and for that of another kind of attribute.
        """
        self._register("module", Module, name, module)

    register_module = add_module

    def _register(self, kind: str, wanted: type, name: str, value: Any) -> None:
        if not (value is None or isinstance(value, wanted)):
            hint = _meant(value) if wanted is Module else ""
            raise TypeError(
                f"a {kind} has to be a {wanted.__name__} or None, and {name!r} is a {type(value).__name__}{hint}"
            )
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string, not {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{kind} name can't be empty or contain '.', got: {name!r}")
        old = getattr(self, name, None)
        if not (old is None or isinstance(old, wanted)):
            raise KeyError(f"attribute {name!r} already exists")
        setattr(self, name, value)

    def get_submodule(self, target: str) -> "Module":
        """The submodule with this dotted name; '' is the module itself. Raises AttributeError if there is none."""
        module = self
        for name in target.split(".") if target else []:
            child = getattr(module, name, None)
            if not isinstance(child, Module):
                raise AttributeError(f"{type(module).__name__} has no attribute {name!r} that is a module")
            module = child
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The Parameter with this dotted name. Raises AttributeError if there is none."""
        return self._get("parameter", target, Module._own_parameters)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with this dotted name. Raises AttributeError if there is none."""
        return self._get("buffer", target, Module._own_buffers)

    def _get(self, kind: str, target: str, own: "OwnTensors") -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = dict(own(module)).get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no {kind} {name!r}")
        return found

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """(name, module) for each child, each module once."""
        return _each_once(self._children())

    def children(self) -> Iterator["Module"]:
        """The children, each once."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, "Module"]]:
        """(dotted name, module) for this module and all descendants; each module once, if remove_duplicate."""
        seen = set()
        stack = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if not (remove_duplicate and module in seen):
                seen.add(module)
                yield path, module
                stack.extend(reversed([(_dotted(path, name), child) for name, child in module._children()]))

    def modules(self) -> Iterator["Module"]:
        """This module and all descendants, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, Parameter) of this module and, if recurse, of all descendants; each once, if remove_duplicate.

        A scalar net among the descendants gives its Values.
        """
        return self._tensors(lambda module: module._own_parameters(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Any:
        """The Parameters, each once, as a generator; a scalar net returns a list of Values."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(dotted name, tensor) of each buffer, as named_parameters."""
        return self._tensors(Module._own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers: tensors that are saved with the net but not trained."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _children(self) -> Iterator[tuple[str, "Module"]]:
        return ((name, child) for name, child in vars(self).items() if isinstance(child, Module))

    def _own_parameters(self) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Parameter))

    def _own_buffers(self, persistent_only: bool = False) -> Iterator[tuple[str, Any]]:
        for name, persistent in vars(self).get("_buffer_names", {}).items():
            if vars(self).get(name) is not None and (persistent or not persistent_only):
                yield name, vars(self)[name]

    def _own_state(self) -> Iterator[tuple[str, Any]]:
        yield from self._own_parameters()
        yield from self._own_buffers(persistent_only=True)

    def _tensors(self, own: "OwnTensors", prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Any]]:
        """(dotted name, tensor) for what `own` finds in each module; each tensor once, if once."""
        modules = self.named_modules(prefix, once) if recurse else [(prefix, self)]
        found = ((_dotted(path, name), tensor) for path, module in modules for name, tensor in own(module))
        return _each_once(found) if once else found

    # Saving and loading.

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> "OrderedDict[str, Tensor]":
        """Every parameter and persistent buffer by prefix + dotted name; memory is shared; detached unless keep_vars.

        Raises TypeError for a scalar net.
        """
        state = self._state().items()
        return OrderedDict((prefix + name, tensor if keep_vars else tensor.detach()) for name, tensor in state)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy tensors into the parameters and buffers of the same names.

        Returns the missing and the unexpected names. Raises RuntimeError if there are any and strict is True, and for
        shapes that differ; TypeError for a scalar net. Nothing is changed then.
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
        """Reset the gradients: a Value's to 0; a Tensor's to None or, if not set_to_none, to zeros."""
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
        """Set `training` of this module and all descendants; return self. Raises ValueError if mode is not a bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as train(False)."""
        return self.train(False)

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call fn on every descendant, innermost first, and then on self; return self."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert all floating-point parameters, buffers and gradients by Tensor.to; return self.

        Raises TypeError for a dtype that is not floating-point, RuntimeError for another device than the CPU.
        """
        for tensor in [*self.parameters(), *self.buffers()]:
            for each in (tensor, tensor.grad):
                if isinstance(each, Tensor) and each._array.dtype.kind == "f":
                    converted = each.detach().to(*args, **kwargs)
                    if converted._array.dtype.kind != "f":
                        raise TypeError(f"nn.Module.to only accepts floating-point dtypes, not {converted.dtype}")
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
        """The settings that repr shows between the parentheses."""
        return ""

    def __repr__(self) -> str:
        return _repr(self, [f"({name}): {child!r}" for name, child in self._children()])


def _repr(module: Module, children: list[str]) -> str:
    """The repr of a module with these children: one line if there are none and extra_repr is one line."""
    extra = module.extra_repr().splitlines()
    if not children and len(extra) <= 1:
        return f"{type(module).__name__}({''.join(extra)})"
    lines = [*extra, *[child.replace("\n", "\n  ") for child in children]]
    return "\n  ".join([f"{type(module).__name__}(", *lines]) + "\n)"


def _meant(value: Any) -> str:
    """What was probably meant by a value that is no Module, where that can be told."""
    if isinstance(value, list | tuple) and value and all(isinstance(each, Module) for each in value):
        return ". Probably meant: Sequential(*layers), with the star"
    if isinstance(value, type) and issubclass(value, Module):
        return f". Probably meant: {value.__name__}(), an instance of the class"
    if callable(value):
        return ": a function goes into a Module's forward, or has a module of its own, as nn.Tanh() for torch.tanh"
    return ""


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _each_once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen = set()
    for name, item in named:
        if item not in seen:
            seen.add(item)
            yield name, item
