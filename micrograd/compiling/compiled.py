"""micrograd.compile: the first call of a function runs as ever and is recorded, later ones run the recorded program."""

import builtins
import functools
import inspect
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd import graph
from micrograd.compiling.border import entry, node_of
from micrograd.compiling.guards import Guards
from micrograd.compiling.memory import names_in, thrifty
from micrograd.compiling.program import Program
from micrograd.compiling.recording import Obstacle, Recording, Rerun
from micrograd.compiling.values import CompiledValues, among, works_on_values
from micrograd.graph import observer, state
from micrograd.nn.module import Module
from micrograd.rules.errors import silent
from micrograd.tensors import Tensor, wrap

MOST_RECORDINGS = 8
ERRORS = (IndexError, ValueError, RuntimeError, TypeError, AssertionError)  # of wrong numbers, such as indices


class Changed(Exception):  # noqa: N818 - never leaves this package
    """What was found out about numbers while recording is otherwise in this call."""


def same(found: Any, recorded: Any) -> None:
    """Raises Changed where a look at numbers finds another thing than in the recorded call."""
    if found != recorded:
        raise Changed


class _Watching(Recording):
    """A recording that hands what the function reads to guards."""

    def __init__(self, guards: Guards):
        super().__init__()
        self.guards = guards

    def watch_named(self, scope: dict[str, Any], name: str, names: set[str]) -> None:
        self.guards.variable(scope, name, name, names)


class Recorded:
    """The program of one call, for all that are like it."""

    def __init__(
        self,
        recording: Recording,
        guards: Guards,
        arguments: list[tuple[str, Tensor]],
        result: Tensor,
        args: Sequence[Any] | None,
    ):
        self.n_arguments = len(arguments)
        border: dict[int, tuple[str, Tensor]] = {}
        for name, tensor in arguments:
            border.setdefault(id(tensor), (name, tensor))
        if any(t._base is not None and t._node is None and t.requires_grad for _, t in arguments):
            raise Obstacle("an argument is a view of a leaf, made under no_grad")
        if len(border) != len(arguments):
            raise Obstacle("one tensor is given twice")
        used = dict.fromkeys(id(array) for step in recording.steps for array in _arrays_of(step))
        self.leaves: list[Tensor] = []
        first_used = {array: i for i, array in enumerate(used)}
        read = [(label, key, guards.kept[key]) for key, label in guards.names.items() if key not in border]
        read = [entry for entry in read if id(entry[2]._array) in used]
        for label, key, tensor in sorted(read, key=lambda entry: first_used[id(entry[2]._array)]):
            if tensor._node is not None:
                raise Obstacle(f"{label}, which is no argument, has a graph of its own")
            border[key] = (label, tensor)
            self.leaves.append(tensor)
            guards.tensor(tensor)
        arrays = [tensor._array for _, tensor in border.values()]
        if len({id(array) for array in arrays}) != len(arrays):
            raise Obstacle("two tensors share one array")
        names, taken = [], {"np", "math", "g", "run"}
        for label, _ in border.values():
            name = re.sub(r"\W+", "_", label).strip("_") or "x"
            name = f"x{name}" if name[0].isdigit() else name
            while name in taken or name in dir(builtins):
                name += "_"
            taken.add(name)
            names.append(name)
        changed = {id(counter) for counter, version in recording.versions.values() if counter[0] != version}
        rerun = {id(a) for step in recording.steps if isinstance(step, Rerun) for a in step.arguments}
        self.moved = [t for t in self.leaves if id(t._version) in changed and id(t._array) in rerun]
        if changed - {id(t._version) for t in self.moved}:
            raise Obstacle("a tensor is changed in place")
        if result._base is not None and any(np.may_share_memory(result._array, array) for array in arrays):
            raise Obstacle("the result is a view of what was given")
        if any(result._array is array for array in arrays):
            raise Obstacle("the result is what was given")
        self.program = program = Program(recording.steps, dict(zip(names, arrays, strict=True)), recording.made)
        out = program.names.get(id(result._array))
        if out is None:
            raise Obstacle("the result was made by no operation")
        self.tensors = [tensor for _, tensor in border.values()]
        wanting: list[int] = []
        gradients: list[str] = []
        if result._node is not None:
            start = np.ones_like(result._array)
            program.scope["g"] = start
            parents = {}
            for i, tensor in enumerate(self.tensors):
                if tensor._requires_grad:
                    parents[id(tensor._node or tensor)] = (names[i], i)
            leaves = {key: name for key, (name, _) in parents.items()}
            found = program.back(result._node, leaves)
            wanted = [(name, i) for name, (_, i) in zip(found, parents.values(), strict=True) if name != "None"]
            gradients, wanting = [name for name, _ in wanted], [i for _, i in wanted]
            self._check(result, start, dict(zip(wanting, gradients, strict=True)))
            saved = {id(array) for node in graph.topological_order(result._node) for array in node.saved or ()}
            self.saved = [i for i, tensor in enumerate(self.tensors) if id(tensor._array) in saved]
            self.saves_result = id(result._array) in saved
        self.wanting = [(i, self.tensors[i]._array.shape, self.tensors[i]._array.dtype) for i in wanting]
        self.out, self.gradients, self.names = out, gradients, names
        self.result_shape = result._array.shape
        self._compile()
        self.holds = guards.made()
        self.enter = None if args is None else entry(args, guards, self.leaves, self.forward)
        self.keep = (guards, list(self.leaves))
        self.tensors = []  # arguments are not kept alive
        program.scope = {}
        program.kept, program.names = [], {}

    def _check(self, result: Tensor, start: np.ndarray, gradients: dict[int, str]) -> None:
        """The program's gradients have to be those of the graph."""
        if any(t._node is not None for t in self.tensors):
            return
        try:
            real = graph.run_backward([result], [start], True)
        except RuntimeError as error:
            raise Obstacle(str(error)) from None
        mine = {id(self.tensors[i]): self.program.scope[name] for i, name in gradients.items()}
        if {id(t) for t in real} != set(mine):
            raise Obstacle("the gradients of the program are not those of the graph")
        for leaf, g in real.items():
            found = mine[id(leaf)]
            if found.shape != g.shape or found.dtype != g.dtype or found.tobytes() != g.tobytes():
                raise Obstacle("the gradients of the program are not those of the graph")

    def _compile(self) -> None:
        """Make the functions: forward(arrays) gives the result, and the way back as a function of its gradient."""
        program = self.program
        lines = [f"def forward({', '.join(self.names)}):"]
        kept = {self.out, *self.gradients, *names_in("\n".join(program.backward_lines))}
        lines += [_indented(line, 4) for line in thrifty(program.forward_lines, kept, program.value)]
        if self.gradients:
            lines.append("    def backward(g):")
            lines += [
                _indented(line, 8) for line in thrifty(program.backward_lines, {"g", *self.gradients}, program.value)
            ]
            lines.append(f"        return [{', '.join(self.gradients)}]")
            lines.append(f"    return {self.out}, backward")
        else:
            lines.append(f"    return {self.out}, None")
        helpers = program.helpers.values()
        text = "\n".join([*program.imports.values(), *helpers, *lines])
        scope: dict[str, Any] = {**program.constants, "same": same}
        exec(builtins.compile(text, "<micrograd compiled>", "exec"), scope)
        self.text = text
        self.forward = scope["forward"]

    def source(self) -> str:
        """The program as text: run(*arrays) -> (value, [gradients])."""
        program = self.program
        body = [line for line in program.forward_lines if not line.startswith("same(")]
        text = "\n".join([*body, *program.backward_lines])
        for name, value in program.constants.items():
            if re.search(rf"\b{name}\b", text) and not isinstance(value, np.ndarray):
                raise Obstacle(f"{value.__name__} draws random numbers or changes a buffer: its text needs the package")
        needed: dict[str, str] = {}
        rest = text
        for name, helper in reversed(program.helpers.items()):
            if re.search(rf"\b{name}\b", rest):
                needed[name] = helper
                rest += helper
        # helpers stand after what they use only where that came first; look again until nothing is new
        while more := [n for n in program.helpers if n not in needed and re.search(rf"\b{n}\b", rest)]:
            for name in more:
                needed[name] = program.helpers[name]
                rest += program.helpers[name]
        lines = [line for short, line in program.imports.items() if short == "np" or re.search(rf"\b{short}\.", rest)]
        for name, value in program.constants.items():
            if isinstance(value, np.ndarray) and re.search(rf"\b{name}\b", rest):
                lines.append(
                    f"{name} = np.array({value.tolist()}, np.dtype('{value.dtype.name}'))".replace("inf", "np.inf")
                )
        for name in program.helpers:
            if name in needed:
                lines += ["", "", needed[name]]
        lines += ["", "", f"def run({', '.join(self.names)}):", "    # forward"]
        lines += [_indented(line, 4) for line in body]
        if self.gradients:
            lines += ["    # backward", f"    g = np.ones({self.result_shape}, {self.out}.dtype)"]
            lines += [_indented(line, 4) for line in program.backward_lines]
        lines.append(f"    return {self.out}, [{', '.join(self.gradients)}]")
        return "\n".join(lines) + "\n"

    def call(self, arguments: list[Tensor]) -> Tensor:
        """The result for other arguments of the same kind."""
        tensors = [*arguments, *self.leaves]
        arrays = [tensor._array for tensor in tensors]
        if len(set(map(id, arrays))) != len(arrays):
            raise Changed
        with silent():
            value, back = self.forward(*arrays)
        return self.result(tensors, arrays, value, back)

    def again(self, args: tuple[Any, ...]) -> Tensor | None:
        """The same from the arguments of a call; None where they are of another kind, or something has changed."""
        found = self.enter(args) if self.enter is not None else None
        return None if found is None else self.result(*found)

    def result(self, tensors: Sequence[Tensor], arrays: Sequence[Any], value: Any, back: Callable | None) -> Tensor:
        """What the program gave, as a Tensor of the graph."""
        for tensor in self.moved:
            tensor._version[0] += 1
        result = wrap(value)
        if back is not None:
            result._node, result._requires_grad = node_of(tensors, back, self.wanting), True
            node = result._node
            node.saved = saved = [arrays[i] for i in self.saved]
            node.versions = versions = [
                (tensors[i]._version, tensors[i]._version[0], id(arrays[i])) for i in self.saved
            ]
            if self.saves_result:
                saved.append(value)
                versions.append((result._version, 0, id(value)))
        return result


def _indented(line: str, spaces: int) -> str:
    return "\n".join(" " * spaces + part for part in line.splitlines())


def _arrays_of(step: Any) -> list[Any]:
    values = list(step.arguments) if isinstance(step, Rerun) else [*step.arrays, *step.options.values()]
    for value in list(values):
        if isinstance(value, tuple):
            values += value
    return [value for value in values if isinstance(value, np.ndarray)]


class Compiled:
    """A function of tensors that runs as a recorded program; see `compile`."""

    def __init__(self, function: Callable):
        functools.update_wrapper(self, function if not isinstance(function, Module) else function.forward, updated=())
        self._function = function
        self._recorded: dict[Any, list[Recorded]] = {}
        self._last: Recorded | None = None
        self._recordings = 0
        self._eager: str | None = None
        self._names = _argument_names(function)
        self._refused: set[Any] = set()
        self._of_values: CompiledValues | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        last = self._last
        if last is not None and not kwargs and self._eager is None:
            try:
                result = last.again(args)
            except (Changed, *ERRORS):
                return self._function(*args, **kwargs)  # which raises the same, in the engine's words
            if result is not None:
                self._recordings = 0  # in a row
                return result
        new = not self._recorded and not self._refused and self._eager is None and self._of_values is None
        if new and works_on_values(self._function, (args, kwargs)):
            self._of_values = CompiledValues(self._function, self._names)
        if self._of_values is not None:
            return self._of_values(*args, **kwargs)
        if self._eager is not None or observer.operation is not None or state.recording is not None:
            return self._function(*args, **kwargs)
        arguments: list[tuple[str, Tensor]] = []
        others: list[tuple[str, Any]] = []
        kinds: list[Any] = [state.grad_enabled]
        try:
            for i, value in enumerate(args):
                _kind(value, self._names[i] if i < len(self._names) else f"x{i}", arguments, others, kinds)
            for name, value in kwargs.items():
                kinds.append(name)
                _kind(value, name, arguments, others, kinds)
        except Obstacle as error:
            return self._give_up(str(error), args, kwargs)
        key = tuple(kinds)
        for recorded in self._recorded.get(key, ()):
            if recorded.holds():
                self._last = recorded
                self._recordings = 0  # in a row
                try:
                    return recorded.call([tensor for _, tensor in arguments])
                except (Changed, *ERRORS):
                    return self._function(*args, **kwargs)
        if key in self._refused:
            return self._function(*args, **kwargs)
        if self._recordings >= MOST_RECORDINGS:
            return self._give_up(
                f"{MOST_RECORDINGS} calls in a row were new: in shapes, numbers or what the function reads",
                args,
                kwargs,
            )
        return self._record(key, arguments, others, args, kwargs)

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
        with recording:
            result = function(*args, **kwargs)
        if among(result):
            self._of_values = CompiledValues(self._function, self._names)
            return result
        obstacle = recording.obstacle or guards.obstacle
        if not isinstance(result, Tensor) and obstacle is None:
            obstacle = f"it returns {type(result).__name__}, and a compiled function returns one tensor"
        if obstacle is None:
            try:
                recorded = Recorded(recording, guards, arguments, result, None if kwargs else args)
                if not recorded.holds():
                    obstacle = "it changes what it depends on"
            except Obstacle as error:
                obstacle = str(error)
            except Exception as error:
                obstacle = f"it cannot be written as a program ({type(error).__name__}: {error})"
        self._recordings += 1
        if obstacle is not None:
            self._warn(obstacle)
            self._refused.add(key)
            return result
        self._recorded.setdefault(key, []).append(recorded)
        self._last = recorded
        return result

    def _warn(self, why: str) -> None:
        name = getattr(self, "__name__", "the function")
        if not self._refused:
            code = getattr(getattr(self._function, "forward", self._function), "__code__", None)
            place = f"{code.co_filename}:{code.co_firstlineno}: " if code is not None and ".py:" not in why else ""
            warnings.warn(f"compile: {name} runs as it is, not compiled: {place}{why}", stacklevel=4)

    def _give_up(self, why: str, args: Any, kwargs: Any) -> Any:
        self._warn(why)
        self._eager = why
        return self._function(*args, **kwargs)

    def source(self) -> str:
        """The program of the last call as text that needs NumPy alone.

        It defines run(*arrays) -> (value, [gradients]): the arrays are the tensor arguments, then the tensors that the
        function reads itself, as it names them; the gradients are those of the ones that require grad, in this order.
        Raises RuntimeError where there is none.
        """
        if self._of_values is not None:
            return self._of_values.source()
        if self._last is None:
            raise RuntimeError(f"there is no program: {self._eager or 'call the compiled function first'}")
        try:
            return self._last.source()
        except Obstacle as error:
            raise RuntimeError(f"this program has no text of its own: {error}") from None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)


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
        if name in ("_compiled", "_orig_mod", "__call__", "source", "__class__", "__reduce_ex__", "__dict__"):
            if name == "__dict__":
                return object.__getattribute__(self, "_orig_mod").__dict__
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "_orig_mod"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._orig_mod, name, value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a compiled model cannot be saved: save its state_dict(), or the model that was compiled")


def _argument_names(function: Any) -> list[str]:
    try:
        signature = inspect.signature(function.forward if isinstance(function, Module) else function)
    except (TypeError, ValueError):
        return []
    return [name for name, p in signature.parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _kind(value: Any, name: str, tensors: list[Any], others: list[Any], kinds: list[Any]) -> None:
    """Add to `kinds` what a program depends on in an argument. Raises Obstacle for what cannot be an argument."""
    if isinstance(value, Tensor):
        array, wanting = value._array, value.grad_fn is not None or value.requires_grad
        kinds.append((array.shape, array.dtype, array.strides, wanting, value._base is None))
        tensors.append((name, value))
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


def compile(model: Any = None, **options: Any) -> Any:
    """The function or Module, which from its second call on runs as a recorded straight program; also a decorator.

    The numbers are those of the function itself, to the last bit. A call with other shapes, dtypes, numbers or modes is
    recorded anew, and so is one after a change of what the function reads. Where a function looks at the numbers of
    tensors, changes tensors in place or does anything else that a program of arrays would leave out, it runs as it is,
    with one warning. `source()` of what is returned is the program as text. PyTorch's options are taken, and change
    nothing. Raises TypeError for what cannot be called.

    A function of Values and numbers, by themselves or in lists, gives Values, or lists, tuples and dicts of them: nodes
    of one op, depth and number of inputs are computed together. Numbers are part of what is recorded; give those that
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
