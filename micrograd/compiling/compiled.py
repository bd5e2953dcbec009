"""micrograd.compile: the first call of a function runs as ever and is recorded, later ones run the recorded program."""

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from micrograd.compiling.border import Call
from micrograd.compiling.guards import Guards
from micrograd.compiling.recorded import Changed, Recorded
from micrograd.compiling.recorder import MOST_RECORDINGS, Recorder
from micrograd.compiling.recording import Obstacle, Recording, uncollected
from micrograd.compiling.values import CompiledValues, among, works_on_values
from micrograd.graph import observer, state
from micrograd.nn.module import Module
from micrograd.tensors import Tensor

P = ParamSpec("P")
R = TypeVar("R")

ERRORS = (IndexError, ValueError, RuntimeError, TypeError, AssertionError)  # of wrong numbers, such as indices


class _Watching(Recording):
    """A recording that hands what the function reads to guards."""

    def __init__(self, guards: Guards):
        super().__init__()
        self.guards = guards

    def watch_named(self, scope: dict[str, Any], name: str, names: set[str]) -> None:
        self.guards.variable(scope, name, name, names)


class Compiled(Recorder, Generic[P, R]):
    """A function of tensors that runs as a recorded program; see `compile`."""

    def __init__(self, function: Callable):
        functools.update_wrapper(self, function if not isinstance(function, Module) else function.forward, updated=())
        super().__init__(function, getattr(self, "__name__", "the function"))
        self._names = _argument_names(function)
        self._of_values: CompiledValues | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        last = self._last
        if last is not None and not kwargs and self._eager is None:
            try:
                result = last.again(args)
            except Changed:
                result = None
            except ERRORS as error:
                return last.raised(error, self._function, args, kwargs)
            if result is not None:
                self._in_a_row = 0
                return self._noted(last, result, args, kwargs)
        new = not self._recorded and not self._refused and self._eager is None and self._of_values is None
        if new and works_on_values(self._function, (args, kwargs)):
            self._of_values = CompiledValues(self._function, self._names)
        if self._of_values is not None:
            return self._of_values(*args, **kwargs)
        if self._eager is not None or observer.operation is not None or state.recording is not None:
            return self._function(*args, **kwargs)
        tensors: dict[int, tuple[str, Tensor]] = {}
        others: list[tuple[str, Any]] = []
        kinds: list[Any] = [state.grad_enabled]
        try:
            for i, value in enumerate(args):
                _kind(value, self._names[i] if i < len(self._names) else f"x{i}", tensors, others, kinds)
            for name, value in kwargs.items():
                kinds.append(name)
                _kind(value, name, tensors, others, kinds)
        except (Obstacle, RecursionError) as error:  # also of a list in itself
            return self._give_up(str(error), args, kwargs)
        key, arguments = tuple(kinds), list(tensors.values())
        for recorded in self._recorded.get(key, ()):
            if recorded.holds():
                try:
                    result = recorded.call([tensor for _, tensor in arguments])
                except Changed:
                    continue
                except ERRORS as error:
                    return recorded.raised(error, self._function, args, kwargs)
                self._last = recorded
                self._in_a_row = 0
                return self._noted(recorded, result, args, kwargs)
        if key in self._refused:
            return self._function(*args, **kwargs)
        if self._in_a_row >= MOST_RECORDINGS:
            return self._give_up(
                f"{MOST_RECORDINGS} calls in a row were new: in shapes, numbers or what the function reads",
                args,
                kwargs,
            )
        return self._record(key, arguments, others, args, kwargs)

    def _noted(self, recorded: Recorded, result: Tensor, args: Any, kwargs: Any) -> Any:
        """What the program gave; its Node knows the call, if it can be done again to be drawn."""
        if result._node is not None and not (recorded.draws or recorded.moved):
            result._node.options = {"call": Call(self._function, args, kwargs, result._array)}
            result._node.program = recorded.source
        return result

    def _record(self, key: Any, arguments: list[Any], others: list[Any], args: Any, kwargs: Any) -> Any:
        guards = Guards()
        recording = _Watching(guards)
        function: Any = self._function
        guards.inside(function, "")
        for name, value in others:
            guards.inside(value, "" if isinstance(value, Module) else name)
        for _, tensor in arguments:
            recording.saw(tensor)
        for value in list(guards.kept.values()):
            if isinstance(value, Tensor):
                recording.saw(value)
        given = _items_in(args) + _items_in(kwargs)
        with recording:
            result = function(*args, **kwargs)
        if among(result):
            self._of_values = CompiledValues(self._function, self._names)
            return result
        obstacle = recording.obstacle or guards.obstacle
        if given != _items_in(args) + _items_in(kwargs):
            obstacle = "it changes a list or dict of its caller's"
        if not isinstance(result, Tensor) and obstacle is None:
            obstacle = f"it returns {type(result).__name__}, and a compiled function returns one tensor"
        if obstacle is None:
            try:
                with uncollected():  # many small objects, all of which are needed
                    recorded = Recorded(recording, guards, arguments, result, None if kwargs else args)
                if not recorded.holds():
                    obstacle = "it changes what it depends on"
            except Obstacle as error:
                obstacle = str(error)
            except Exception as error:
                obstacle = f"it cannot be written as a program ({type(error).__name__}: {error})"
        self._in_a_row += 1
        if obstacle is not None:
            self._warn(obstacle)
            self._refused.add(key)
            return result
        self._recorded.setdefault(key, []).append(recorded)
        self._last = recorded
        return result

    def source(self) -> str:
        """The program of the last call as text that needs NumPy alone.

        It defines run(*arrays) -> (value, [gradients]): the arrays are the tensor arguments, then the tensors that the
        function reads itself, as it names them; the gradients are those of the ones that require grad, in this order.
        Dropout's factors are drawn by a function that run takes as its last argument.
        Raises RuntimeError where there is none.
        """
        if self._of_values is not None:
            return self._of_values.source()
        return super().source()

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)


OWN = {"_compiled", "_orig_mod", "__call__", "source", "__class__", "__deepcopy__", "__reduce_ex__", "__dict__"}
"""What a CompiledModule does not leave to its module."""


class CompiledModule(Module):
    """A Module whose calls run as a recorded program; all else is that of the module itself."""

    def __init__(self, module: Module):
        object.__setattr__(self, "_compiled", Compiled(module))
        object.__setattr__(self, "_orig_mod", module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._compiled(*args, **kwargs)

    def source(self) -> str:
        """See `Compiled.source`."""
        return self._compiled.source()

    def __getattribute__(self, name: str) -> Any:
        if name in OWN:
            if name == "__dict__":
                return object.__getattribute__(self, "_orig_mod").__dict__
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "_orig_mod"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._orig_mod, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> "CompiledModule":
        return CompiledModule(copy.deepcopy(self._orig_mod, memo))

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a compiled model cannot be saved: save its state_dict(), or the model that was compiled")


def _argument_names(function: Any) -> list[str]:
    try:
        signature = inspect.signature(function.forward if isinstance(function, Module) else function)
    except (TypeError, ValueError):
        return []
    return [name for name, p in signature.parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _items_in(value: Any) -> list[int]:
    """The lists, dicts and their items in a value, each by its id."""
    found = [id(value)]
    if isinstance(value, list | tuple | dict):
        for item in value if not isinstance(value, dict) else [*value, *value.values()]:
            found += _items_in(item)
    return found


def _kind(value: Any, name: str, tensors: dict[int, Any], others: list[Any], kinds: list[Any]) -> None:
    """Add to `kinds` what a program depends on in an argument. Raises Obstacle for what cannot be an argument."""
    if isinstance(value, Tensor):
        if id(value) in tensors:
            kinds.append([*tensors].index(id(value)))
            return
        array, wanting = value._array, value.grad_fn is not None or value.requires_grad
        kinds.append((array.shape, array.dtype, array.strides, wanting, value._base is None))
        tensors[id(value)] = (name, value)
    elif value is None or type(value) in (int, bool, str):
        kinds.append((type(value), value))
    elif type(value) is float:
        kinds.append((float, value.hex()))
    elif isinstance(value, list | tuple):
        kinds.append((type(value), len(value)))
        for i, item in enumerate(value):
            _kind(item, f"{name}_{i}", tensors, others, kinds)
    elif isinstance(value, dict):
        for key, item in value.items():
            kinds.append((dict, key))
            _kind(item, f"{name}_{key}", tensors, others, kinds)
    elif isinstance(value, Module) or callable(value):
        kinds.append(id(value))
        others.append((name, value))
    else:
        raise Obstacle(
            f"argument {name} is of the kind {type(value).__name__}: take tensors, numbers and lists of them"
        )


@overload
def compile(model: Module, **options: Any) -> Any: ...
@overload
def compile(model: Callable[P, R], **options: Any) -> Compiled[P, R]: ...
@overload
def compile(model: None = None, **options: Any) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
def compile(model: Any = None, **options: Any) -> Any:
    """The function or Module, which from its second call on runs as a recorded straight program; also a decorator.

    The numbers are those of the function itself, to the last bit. A call with other shapes, dtypes, numbers or modes is
    recorded anew, and so is one after a change of what the function reads. Where a function looks at the numbers of
    tensors, changes in place what it did not make itself, such as an argument, or does anything else that a program of
    arrays would leave out, it runs as it is, with one warning. `source()` of what is returned is the program as text.
    PyTorch's options are taken, and change nothing. Raises TypeError for what cannot be called.

    A function of Values and numbers, by themselves or in lists, gives Values, or lists, tuples and dicts of them: nodes
    of one op, depth and number of inputs are computed together. Numbers are part of what is recorded, but for those in
    lists, such as a new batch in each call, where the function only puts them together with Values; give others that
    change from call to call as Values. An operation of one's own is recorded if it is an `autograd.scalar_op`.

    >>> import micrograd as torch
    >>> loss = torch.compile(lambda w: (w * w).sum())
    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> for _ in range(2):
    ...     loss(w).backward()
    >>> w.grad
    tensor([4., 8.])
    >>> neuron = torch.compile(lambda x, w: torch.Value.dot(w, x).tanh())
    >>> x, w = [1.0, -2.0], [torch.Value(0.5), torch.Value(0.25)]
    >>> for _ in range(2):
    ...     neuron(x, w).backward()
    >>> [wi.grad for wi in w]
    [2.0, -4.0]
    """
    if model is None:
        return functools.partial(compile, **options)
    if isinstance(model, Module):
        return CompiledModule(model)
    if not callable(model):
        raise TypeError(f"compile takes a function or a Module, not {type(model).__name__}")
    return Compiled(model)
