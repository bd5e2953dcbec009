"""What happens in one call of a function: its operations in order, and everything that they depend on.

While a call is recorded, each operation comes by `observer.operation`, each function of `rerun` by `state.recording`,
and the numbers of every tensor are watched: a function that looks at them could go another way next time, so that what
was recorded would not be what it does. Those of the engine that look at shapes or hand an array to an operation are
told apart by their code. What stops a recording is kept in `obstacle`, with the user's file and line.
"""

import builtins
import dis
import functools
import gc
import inspect
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from micrograd import creation, graph, in_place, ops, random
from micrograd.graph import observer, state
from micrograd.ops import (
    TORCH,
    apply,
    attention,
    extremes,
    indexing,
    joining,
    linalg,
    losses,
    normalization,
    picking,
    sorting,
)
from micrograd.tensors import Tensor

HERE = str(Path(graph.__file__).parent)
COMPILING, IN_PLACE = str(Path(__file__).parent), in_place.__file__

# Code that computes and no more: that of Python and of NumPy.
LIBRARIES = (str(Path(dis.__file__).parent), str(Path(np.__file__).parent), "<frozen", "<__array_function__")

# Attributes of an array that shapes and dtypes alone decide.
STATIC = ("shape", "dtype", "ndim", "size", "flags", "strides", "itemsize")

# The functions of the engine that hand arrays on, or look at no more than their shapes and dtypes. Changes in place are
# among them, of which `Recording.changes` is told.
HAND_ON = {
    code
    for made in (
        *(apply, ops._record, ops.plain, vars(Tensor)["dtype"].fget, Tensor.__len__, Tensor.detach),
        *(linalg.matmul, linalg.bmm),
        *(
            indexing._getitem,
            indexing._with_array,
            normalization.batch_norm,
            normalization.count_batch,
            normalization.dropout,
            attention.scaled_dot_product_attention,
        ),
        *(losses._check_classes, losses._apply_loss, joining._arrays_of, TORCH["reshape"], creation.like),
        *(extremes._along, sorting.argsort, sorting.topk, sorting.median, sorting._taken),
        *(picking.gather, picking._check_index, picking._index_1d, picking._positions),
        *(in_place.in_place, in_place.arithmetic_in_place, in_place.snapshot),
        *(in_place.write, in_place.rebase_history, in_place._refresh),
        *(random._fill, random.multinomial, random.bernoulli),
        *(indexing._setitem, indexing._put_into, indexing._check_put, indexing.fill_, indexing._copy_),
    )
    for whole in (inspect.unwrap(made).__code__,)
    for code in (whole, *[inner for inner in whole.co_consts if isinstance(inner, types.CodeType)])
}

# Operations whose result has a shape that depends on numbers.
OF_NUMBERS = {"repeat_interleave", "bincount", "unique", "nonzero"}

# What is made of shapes and numbers alone.
MAKERS = {"tensor", "filled", "full", "arange", "eye", "linspace", "of_shape"}

# C functions that tell something new at each call, or that do something a program would leave out.
RESTLESS = {"time", "random", "_random", "numpy.random", "numpy.random.mtrand", "datetime", "_io", "posix", "secrets"}
RESTLESS |= {"_warnings"}

# The same, of Python's own files.
RESTLESS_FILES = ("/random.py", "/datetime.py", "/secrets.py", "/os.py", "<frozen os>", "/logging/__init__.py")

# What a tensor says of itself that is part of no kind.
SAID = {vars(Tensor)[name].fget.__code__ for name in ("grad", "grad_fn", "is_leaf", "retains_grad")}

# Of Python's own functions those that say something, or that reach what no name in the code tells.
UNSEEN = ("print", "input", "globals", "locals", "eval", "exec")


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays in a value, also those within tuples and lists."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)


class Step:
    """One operation of a recorded call. node: what it became in the graph, None outside of it.

    first: a copy of the result where its memory was changed in place afterwards, else the result itself.
    """

    __slots__ = ("arrays", "first", "node", "op", "options", "result")

    def __init__(self, op: Any, arrays: list[Any], options: dict[str, Any], result: Any, node: Any):
        self.op, self.arrays, self.options, self.result, self.node = op, arrays, options, result, node
        self.first = result

    def given(self) -> list[np.ndarray]:
        """The arrays that it works with."""
        return list(arrays_in([*self.arrays, *self.options.values()]))


class Write(Step):
    """The second of two arrays is written into the memory of the first."""


class Copy(Step):
    """What is in an array before it is changed in place, for the way back."""


class Rerun:
    """A call of a function of arrays that has to run anew each time. result: what it returned."""

    __slots__ = ("arguments", "copies", "function", "result")

    def __init__(self, function: Callable, arguments: tuple[Any, ...], result: Any):
        self.function, self.arguments, self.result = function, arguments, result
        self.copies: tuple[Any, ...] = ()

    def given(self) -> list[np.ndarray]:
        """The arrays that it works with."""
        return list(arrays_in(self.arguments))


class Obstacle(Exception):  # noqa: N818 - it ends a recording, not the program
    """Why a call cannot be compiled."""


class Watch:
    """Attributes of a class that are others as long as recordings last, in whatever threads."""

    lock = threading.Lock()

    def __init__(self, owner: type, **attributes: Any):
        self.owner, self.attributes, self.recordings = owner, attributes, 0
        self.before = {name: vars(owner)[name] for name in attributes if name in vars(owner)}

    def __enter__(self) -> None:
        with self.lock:
            if not self.recordings:
                for name, value in self.attributes.items():
                    setattr(self.owner, name, value)
            self.recordings += 1

    def __exit__(self, *exception: object) -> None:
        with self.lock:
            self.recordings -= 1
            for name in self.attributes if not self.recordings else ():
                if name in self.before:
                    setattr(self.owner, name, self.before[name])
                else:
                    delattr(self.owner, name)


class Recording:
    """As a context manager: the block is recorded.

    steps: Steps and Reruns in order. made: arrays that are the same each time, by id; made_before: those of them as
    they were that were changed in place. written: the version counters of tensors that were made inside and then
    changed in place; rewritten: the memory that a program changes, too. obstacle: why what was recorded cannot be
    used, None where it can.
    """

    def __init__(self) -> None:
        self.steps: list[Any] = []
        self.made: dict[int, np.ndarray] = {}
        self.made_before: dict[int, np.ndarray] = {}
        self.rewritten: list[np.ndarray] = []
        self.versions: dict[int, tuple[list[int], int]] = {}
        self.tensors: dict[int, Tensor] = {}
        self.written: set[int] = set()
        self._now: dict[int, np.ndarray] = {}
        self.copies: list[np.ndarray] = []
        self.obstacle: str | None = None
        self.seen_codes: set[Any] = set()
        self.inside_rerun = 0

    def stop(self, why: str) -> None:
        """Note why this cannot be compiled, with the place in the user's code."""
        if self.obstacle is None:
            frame: Any = sys._getframe(1)
            while frame is not None and frame.f_code.co_filename.startswith((HERE, "<micrograd")):
                frame = frame.f_back
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}: " if frame is not None else ""
            self.obstacle = place + why

    # The doors.

    def operation(self, op: Any, inputs: Any, options: dict[str, Any], result: Tensor) -> None:
        if state.recording is not self:
            return
        if op.name in OF_NUMBERS:
            self.stop(f"the shape of the result of {op.name} depends on numbers")
        arrays = []
        for x in inputs:
            if isinstance(x, Tensor):
                self.saw(x)
                arrays.append(self.now(x.__dict__["_array"]))
            else:
                arrays.append(x if not isinstance(x, np.generic) else x.item())
        self.saw(result)
        given = {name: self.now(value) for name, value in options.items()}
        self.steps.append(Step(op, arrays, given, result.__dict__["_array"], result._node))

    def rerun(self, function: Callable, arguments: tuple[Any, ...], result: Any) -> None:
        self.steps.append(Rerun(function, self.now(arguments), result))

    def changes(self, x: Tensor, before: Tensor, result: Tensor) -> None:
        """x is about to be changed in place: to result, which an operation made of `before`, x as it was.

        Where nothing else looks at the memory of x, a program writes nothing again: what follows works with the result
        in the place of x.
        """
        mine, new = x.__dict__["_array"], result.__dict__["_array"]
        first = id(mine) not in self._now
        if not self._is_own(x):
            return
        if not self._is_alone(x, mine) or (mine.dtype, mine.shape, mine.strides) != (new.dtype, new.shape, new.strides):
            old = before.__dict__["_array"]
            users = [i for i, step in enumerate(self.steps) if any(a is old for a in getattr(step, "arrays", ()))]
            if before is not x and users:
                self.steps.insert(users[0], Copy(None, [self.now(mine)], {}, old, None))
            self._keep(mine)
            self.steps.append(Write(None, [self.now(mine), self.now(new)], {}, None, None))
        else:
            was = before.__dict__["_array"] if before is not x else mine.copy(order="K") if first else mine
            self._replace(mine, was) if first else self._replace(was, self.now(mine))
            if self.made.pop(id(mine), None) is not None:
                self.made[id(was)] = was
            self._now[id(mine)] = new

    def puts(self, x: Tensor, before: Tensor) -> None:
        """The operation `put` is about to change x in place, or `before`, a copy of x that is written to x then."""
        if self._is_own(x):
            mine = x.__dict__["_array"]
            self._keep(mine)
            if before is not x:
                self.stands_for(before.__dict__["_array"], mine)

    def _is_own(self, x: Tensor) -> bool:
        """Whether x, or the tensor that it is a view of, was made here; then its counter is expected to move."""
        self.saw(x)
        array = (x if x._base is None else x._base).__dict__["_array"]
        if id(array) in self._now or id(array) in self.made or any(step.result is array for step in self.steps):
            self.written.add(id(x._version))
            return True
        self.stop("a tensor is changed in place that was not made in the function")
        return False

    def _keep(self, changed: np.ndarray) -> None:
        """Keep copies of what is in memory that is about to be changed."""
        self.rewritten.append(changed)
        made = [s for s in self.steps if isinstance(s, Step) and isinstance(s.result, np.ndarray)]
        for step in made:
            if step.first is step.result and np.may_share_memory(step.result, changed):
                step.first = step.result.copy(order="K")
        for key, array in self.made.items():
            if np.may_share_memory(array, changed):
                self.made_before.setdefault(key, array.copy(order="K"))

    def stands_for(self, copy: np.ndarray, array: np.ndarray) -> None:
        """A copy that the engine has just made, and hands to an operation in the place of an array."""
        self.copies.append(copy)
        self._now[id(copy)] = self.now(array)

    def now(self, value: Any) -> Any:
        """An array, or arrays in a tuple, as steps after this one know it: where it was changed, what it was made."""
        if isinstance(value, tuple):
            return tuple([self.now(item) for item in value])
        return self._now.get(id(value), value) if isinstance(value, np.ndarray) else value

    def _is_alone(self, x: Tensor, array: np.ndarray) -> bool:
        """Whether no other tensor that was seen looks at the memory of x."""
        if x._base is not None:
            return False
        others = [t for t in self.tensors.values() if t is not x]
        return not any(t._version is x._version or np.may_share_memory(t.__dict__["_array"], array) for t in others)

    def _replace(self, old: np.ndarray, new: np.ndarray) -> None:
        """Put another array in the place of one in all steps so far."""

        def replaced(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple([replaced(item) for item in value])
            return new if value is old else value

        for step in self.steps:
            if isinstance(step, Rerun):
                step.arguments, step.result = replaced(step.arguments), replaced(step.result)
            else:
                step.arrays = [replaced(array) for array in step.arrays]
                step.result, step.first = replaced(step.result), replaced(step.first)
                step.options = {name: replaced(value) for name, value in step.options.items()}

    def saw(self, x: Tensor) -> None:
        """Remember a tensor, and how often it was changed in place so far."""
        if id(x) not in self.tensors:
            self.tensors[id(x)] = x
            self.versions.setdefault(id(x._version), (x._version, x._version[0]))

    def looked_at(self, x: Tensor, frame: Any) -> None:
        """A frame reads the array of a tensor."""
        code = frame.f_code
        if code in HAND_ON or _reads_static(code, frame.f_lasti):
            return
        if code.co_filename.startswith(COMPILING):
            return
        in_place = code.co_filename == IN_PLACE
        self.stop("a tensor is changed in place" if in_place else f"{code.co_name} looks at the numbers of a tensor")

    def profile(self, frame: Any, event: str, argument: Any) -> None:
        if event in ("c_return", "c_exception"):
            return
        code = frame.f_code
        name = code.co_filename
        if name.startswith((HERE, "<micrograd")):
            if event == "call":
                if name.endswith("stream.py") and not self.inside_rerun:
                    self.stop("random numbers are drawn, other than by dropout")
                if code in SAID and not frame.f_back.f_code.co_filename.startswith(HERE):
                    self.stop(f"{code.co_name} of a tensor is read")
                return
            made = event == "return" and name.endswith("creation.py") and code.co_name in MAKERS
            if made and isinstance(argument, Tensor):
                array = argument.__dict__["_array"]
                self.made[id(array)] = array
            return
        if event == "c_call":
            module = getattr(argument, "__module__", None) or type(getattr(argument, "__self__", None)).__module__
            unseen = not name.startswith(LIBRARIES) and getattr(argument, "__name__", "") in UNSEEN
            if (module in RESTLESS and not name.startswith("<frozen")) or unseen:
                self.stop(f"{argument.__name__} is called, which a program of arrays would leave out or not renew")
            return
        if event != "call" or code in self.seen_codes:
            return
        self.seen_codes.add(code)
        if name.startswith(LIBRARIES) and "site-packages" not in name.removeprefix(LIBRARIES[1]):
            if name.endswith(RESTLESS_FILES):
                self.stop(f"{code.co_name} of Python's own is called, which may be otherwise each time")
            return
        for why in _does(code):
            self.stop(f"{code.co_name} {why}")
        names = _names_in(code)
        for variable in names:
            if variable in frame.f_globals or hasattr(builtins, variable):
                self.watch_named(frame.f_globals, variable, names)

    def watch_named(self, scope: dict[str, Any], name: str, names: set[str]) -> None:
        raise NotImplementedError

    def __enter__(self) -> "Recording":
        _arrays.__enter__()
        self.collecting = uncollected()  # what a collection calls is no part of the function
        self.collecting.__enter__()
        self.before = observer.operation
        observer.operation = self.operation
        state.recording = self
        self.profiler = sys.getprofile()
        sys.setprofile(self.profile)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.profiler is None or callable(self.profiler):
            sys.setprofile(self.profiler)
        else:
            self.profiler.enable()  # cProfile's is no function
        self.collecting.__exit__(None, None, None)
        state.recording = None
        observer.operation = self.before
        _arrays.__exit__()


@contextmanager
def uncollected() -> Iterator[None]:
    """As a context manager: in the block no garbage is looked for."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read(x: Tensor) -> Any:
    recording = state.recording
    try:
        array = x.__dict__["_array"]
    except KeyError:
        raise AttributeError("_array") from None
    if recording is not None:
        recording.looked_at(x, sys._getframe(1))
    return array


def _write(x: Tensor, array: Any) -> None:
    recording, before = state.recording, x.__dict__.get("_array", array)
    if recording is not None and before is not array:
        if id(before) in recording.made and sys._getframe(1).f_code in HAND_ON:  # what was just made, laid otherwise
            recording.made[id(array)] = array
        else:
            recording.stop("the array of a tensor is replaced")
    x.__dict__["_array"] = array


_arrays = Watch(Tensor, _array=property(_read, _write))


@functools.lru_cache(maxsize=4096)
def _reads_static(code: Any, position: int) -> bool:
    """Whether the read of `_array` at this place in the code is one of its shape, dtype and their like."""
    instructions = iter(dis.get_instructions(code))
    for instruction in instructions:
        if instruction.offset == position:
            following = next(instructions, None)
            return following is not None and following.opname == "LOAD_ATTR" and following.argval in STATIC
    return False


@functools.lru_cache(maxsize=1024)
def _does(code: Any) -> tuple[str, ...]:
    """What the code of a user's function does beside computing, as words for a warning."""
    found = []
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name in ("STORE_ATTR", "DELETE_ATTR") and instruction.argval != "label":  # a name for people
            found.append(f"sets the attribute {instruction.argval}, which a program of arrays would leave out")
        elif name in ("STORE_GLOBAL", "IMPORT_NAME") or (
            name == "STORE_DEREF" and instruction.argval in code.co_freevars
        ):
            found.append(f"sets {instruction.argval}, which a program of arrays would leave out")
    return tuple(found)


def _names_in(code: Any) -> set[str]:
    """The names of globals and attributes in the code, and in what is written inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names
