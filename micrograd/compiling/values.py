"""A function of Values that runs as a recorded program: what `micrograd.compile` makes of one.

The graph that the first call leaves is the recording (value_recording.py watches what it cannot show). Written as a
program (value_program.py, or value_arrays.py where it is wide), it runs on plain floats, and its results are nodes of a
graph again (value_nodes.py).
"""

import math
import types
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.compiling.recorder import MOST_RECORDINGS, Recorder
from micrograd.compiling.recording import Obstacle, _names_in
from micrograd.compiling.value_arrays import program_of
from micrograd.compiling.value_nodes import Call, Number, Result
from micrograd.compiling.value_program import Step
from micrograd.compiling.value_recording import ValueGuards, ValueRecording
from micrograd.engine import Value, topological_order
from micrograd.graph import observer, state
from micrograd.tensors import Tensor

ERRORS = (ArithmeticError, ValueError, TypeError)  # of numbers, which the function itself words better
WANTED = "return Values, or lists, tuples and dicts of them"
CAN_FAIL = ("/", "**", "exp", "log", "sqrt")


class Recorded:
    """The program of one call, for all that are like it. arguments: names of its Values, in order, by id."""

    def __init__(
        self, recording: ValueRecording, guards: ValueGuards, arguments: dict[int, tuple[str, Value]], result: Any
    ):
        border = {key: value for key, (_, value) in arguments.items()}
        names = {key: name for key, (name, _) in arguments.items()}
        indices = {key: i for i, key in enumerate(arguments)}
        self.both = {indices.pop(key): guards.kept[key] for key in guards.names if key in indices}
        self.read = {id(value) for value in self.both.values()}
        for key, label in guards.names.items():
            border[key], names[key] = guards.kept[key], label
        found: list[Value] = []
        self.form = _form(result, found)
        # What the result does not need may still raise.
        failing = [value for value, parameter in recording.nodes.values() if value._op in CAN_FAIL or parameter]
        steps = _steps([*found, *failing], border, names, recording.nodes)
        outs = dict.fromkeys(value for value in found if steps[value]._prev)
        # The inputs of the program: arguments by index, then what the function reads.
        used = [value for value in border.values() if value in steps]
        given = [value for value in used if id(value) in indices]
        self.given = [indices[id(value)] for value in given]
        self.leaves = [value for value in used if id(value) not in indices]
        used = [*given, *self.leaves]
        self.leaf_ids = set(guards.names)
        self.program = program_of(*[[steps[value] for value in values] for values in (used, outs, failing)])
        self.labels = [value.label for value in outs]
        # What each Value of the result is: an out by index, an argument, what was read, or a constant.
        where: dict[Value, Any] = {value: i for i, value in enumerate(outs)}
        for value in found:
            if value not in where:
                where[value] = value if id(value) in guards.names else (indices.get(id(value)), value.data)
        self.where = [where[value] for value in found]
        self.unchanged = guards.made()
        self.keep = guards
        again = self.program.forward(*_numbers(used))[0]
        if any(not _same_bits(a, value.data) for a, value in zip(again, outs, strict=True)):
            raise Obstacle("its program gives other numbers than it does")

    def source(self) -> str:
        return self.program.source()

    def holds(self, arguments: Sequence[Value], ids: Any) -> bool:
        """Whether the program is for such arguments, and what the function reads has not changed."""
        if self.both:
            alike = ids & self.leaf_ids == self.read and all(arguments[i] is x for i, x in self.both.items())
        else:
            alike = self.leaf_ids.isdisjoint(ids)
        return alike and self.unchanged()

    def call(self, arguments: Sequence[Value]) -> Any:
        """The result for other arguments of the same kind. Raises whatever its numbers do not allow."""
        inputs = [*[arguments[i] for i in self.given], *self.leaves]
        numbers, kept = self.program.forward(*_numbers(inputs))
        call = Call(self.program, inputs, kept)
        outs = [Result(number, call, i, self.labels[i]) for i, number in enumerate(numbers)]
        values: list[Value] = []
        for where in self.where:
            if isinstance(where, int):
                values.append(outs[where])
            elif isinstance(where, Value):
                values.append(where)
            else:
                index, number = where
                values.append(Value(number) if index is None else arguments[index])
        return self.form(iter(values))


def _same_bits(a: float, b: float) -> bool:
    return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)


def _numbers(values: Sequence[Value]) -> list[float]:
    numbers = [value.data for value in values]
    if set(map(type, numbers)) <= {float}:
        return numbers
    if set(map(type, numbers)) <= {float, np.float64}:
        return list(map(float, numbers))
    raise TypeError("the data of a Value is no float")


def _steps(
    outs: Sequence[Value], border: dict[int, Value], names: dict[int, str], nodes: dict[int, tuple[Value, Any]]
) -> dict[Value, Step]:
    """The graph of a recorded call as Steps, up to the Values of the border."""
    steps: dict[Value, Step] = {}
    for value in topological_order(*outs):
        if id(value) in border:
            steps[value] = Step("input", label=value.label or names[id(value)])
        elif id(value) in nodes:
            op, parameter = value._op, nodes[id(value)][1]
            parents = [steps.get(parent) for parent in value._prev]
            if None in parents:
                raise Obstacle("it uses a Value that was neither given to it nor read by a name")
            if not any(parent.op != "constant" for parent in parents):  # type: ignore[union-attr]
                steps[value] = Step("constant", parameter=value.data)
                continue
            if callable(parameter):
                op = "own"
            elif parameter is not None:
                op = "**n"
            steps[value] = Step(op, parents, parameter, value.label)  # type: ignore[arg-type]
    if any(out not in steps for out in outs):
        raise Obstacle("it returns a Value that was neither given to it nor read by a name")
    return steps


def _form(result: Any, found: list[Value]) -> Callable[[Any], Any]:
    """How a result is built from its Values again, which are added to `found`."""
    if isinstance(result, Value):
        found.append(result)
        return next
    if type(result) in (list, tuple):
        kind, parts = type(result), [_form(item, found) for item in result]
        return lambda values: kind([part(values) for part in parts])
    if type(result) is dict:
        items = {key: _form(item, found) for key, item in result.items()}
        return lambda values: {key: part(values) for key, part in items.items()}
    if result is None or type(result) in (int, float, bool, str):
        return lambda values: result
    raise Obstacle(f"it returns {type(result).__name__}: {WANTED}")


def among(things: Any, kind: type = Value) -> bool:
    """Whether there is a Value, or another kind of thing, in an argument; lists, tuples and dicts are searched."""
    if isinstance(things, list | tuple):
        return any(among(thing, kind) for thing in things)
    return among(list(things.values()), kind) if isinstance(things, dict) else isinstance(things, kind)


def works_on_values(function: Callable, given: Any) -> bool:
    """Whether a function works on Values: it is given some, or it is given no tensor and reads some."""
    try:
        if among(given) or among(given, Tensor):
            return among(given)
    except RecursionError:  # a list in itself
        return False
    guards = ValueGuards()
    guards.inside(function, "")
    if isinstance(function, types.FunctionType):
        names = _names_in(function.__code__)
        for name in names & function.__globals__.keys():
            guards.variable(function.__globals__, name, name, names)
    return bool(guards.names)


def _kind(value: Any, values: list[Value], others: list[Any]) -> Any:
    """What a program depends on in an argument. Its Values go into `values`, what has to be watched into `others`.

    It runs in every call. One function for this and for tensors (`compiled.py`) takes 1.1 to 1.7 times as long.
    """
    kind = type(value)
    if kind is list or kind is tuple:
        kinds = set(map(type, value))
        if kinds in ({Value}, {Number}):
            values += value
            return kind, Value, len(value)
        if kinds == {float}:
            return kind, float, array("d", value).tobytes()
        return kind, *[_kind(item, values, others) for item in value]
    if isinstance(value, Value):
        values.append(value)
        return Value
    if value is None or kind in (int, bool, str):
        return kind, value
    if kind is float:
        return float, value.hex()
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        return kind, value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, dict):
        return kind, *[(key, _kind(item, values, others)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return kind, *[_kind(item, values, others) for item in value]
    others.append(value)
    return kind, id(value)


def _with_numbers(given: Any, kinds: tuple[type, ...]) -> Any:
    """An argument with a Number in the place of each number of these kinds in its lists and tuples.

    The whole number 0 stays: -0 is 0, and that of a float is not.
    """
    if type(given) in (list, tuple):
        parts = [Number(x) if type(x) in kinds and (x or type(x) is float) else _with_numbers(x, kinds) for x in given]
        return type(given)(parts)
    return given


def _is_node(value: Value) -> bool:
    """Whether a Value is one where floats are no Values as well: it is none where it is -y of a float y."""
    return bool(value._prev) and not (value._op == "neg" and isinstance(value._prev[0], Number))


def _named(value: Any, name: str, found: dict[int, tuple[str, Value]]) -> None:
    """Add the Values in an argument to `found`, by id, in the order of `_kind`, with names."""
    if isinstance(value, Value):
        found.setdefault(id(value), (value.label or name, value))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _named(item, f"{name}_{i}", found)
    elif isinstance(value, dict):
        for key, item in value.items():
            _named(item, f"{name}_{key}", found)


class CompiledValues(Recorder):
    """A function of Values that runs as a recorded program; see `micrograd.compile`."""

    frames_to_user = 5  # one more, of Compiled

    def __init__(self, function: Callable, names: Sequence[str]):
        super().__init__(function, getattr(function, "__name__", type(function).__name__))
        self._names = names
        self._of_numbers: Any = None  # the same function given Numbers; False where that is another
        self._kinds: tuple[type, ...] = ()  # what they stand for
        self._ops: list[Any] = []
        self._asks_kinds = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._eager is not None or observer.operation is not None or state.recording is not None:
            return self._function(*args, **kwargs)
        try:
            if self._of_numbers:
                found = self._of_numbers._again(*self._key(_with_numbers(args, self._kinds), kwargs)[:3])
                if found is not None:
                    self._last, self._in_a_row = self._of_numbers._last, 0
                    return found[0]
            key, values, ids, others = self._key(args, kwargs)
            known = key in self._recorded
        except (RecursionError, TypeError) as error:  # a list in itself; what cannot be hashed
            return self._give_up(f"its arguments cannot be told apart ({error})", args, kwargs)
        if known and (found := self._again(key, values, ids)) is not None:
            return found[0]
        if key in self._refused:
            return self._function(*args, **kwargs)
        if self._in_a_row >= MOST_RECORDINGS:
            return self._give_up(
                f"{MOST_RECORDINGS} calls in a row were new, in the numbers or lists that were given or in what it "
                "reads: give numbers that change as Values",
                args,
                kwargs,
            )
        result = self._record(key, others, args, kwargs)
        may = len(self._recorded) > 1 and key in self._recorded and not self._asks_kinds
        if may and self._of_numbers is not False:
            for kinds in [self._kinds] if self._kinds else [(float, int), (float,)]:
                self._of_numbers = self._record_numbers(kinds, result, args, kwargs) or False
                if self._of_numbers:
                    break
        return result

    def _key(self, args: Any, kwargs: Any) -> tuple[Any, list[Value], Any, list[Any]]:
        """What a program is found by, the Values in the arguments, their ids, and what has to be watched."""
        values: list[Value] = []
        others: list[Any] = []
        kind = _kind((args, kwargs), values, others)
        indices = {id(value): i for i, value in enumerate(reversed(values))}
        key = (kind, tuple([indices[id(value)] for value in values]) if len(indices) < len(values) else None)
        return key, list(dict.fromkeys(values)) if len(indices) < len(values) else values, indices.keys(), others

    def _again(self, key: Any, values: Sequence[Value], ids: Any) -> tuple[Any] | None:
        """What the program for a call gives, None where there is none or its numbers do not allow it."""
        for recorded in self._recorded.get(key, ()):
            if recorded.holds(values, ids):
                self._last, self._in_a_row = recorded, 0
                try:
                    return (recorded.call(values),)
                except ERRORS:
                    return None
        return None

    def _record_numbers(self, kinds: tuple[type, ...], result: Any, args: Any, kwargs: Any) -> Any:
        """Record a call once more, with Numbers in its lists, so that others with new ones find a program.

        The recorder is returned where each node is as in the call itself, None elsewhere.
        """
        other = CompiledValues(self._function, self._names) if self._kinds != kinds else self._of_numbers
        given, other._warned, other._of_numbers = _with_numbers(args, kinds), True, False
        key, _, _, others = other._key(given, kwargs)
        mine: list[Value] = []
        theirs: list[Value] = []
        try:
            again = other._record(key, others, given, kwargs)
            _form(result, mine), _form(again, theirs)
        except Exception:  # of numbers it makes something else, such as an index
            return None
        alike = key in other._recorded and other._ops == self._ops and len(mine) == len(theirs)
        if not alike or not all(_same_bits(a.data, b.data) for a, b in zip(mine, theirs, strict=True)):
            return None
        self._kinds = kinds
        return other

    def _record(self, key: Any, others: list[Any], args: Any, kwargs: Any) -> Any:
        guards = ValueGuards()
        guards.inside(self._function, "")
        for value in others:
            guards.inside(value, "")
        arguments: dict[int, tuple[str, Value]] = {}
        for i, value in enumerate(args):
            _named(value, self._names[i] if i < len(self._names) else f"x{i}", arguments)
        for name, value in kwargs.items():
            _named(value, name, arguments)
        recording = ValueRecording(guards)
        with recording:
            result = self._function(*args, **kwargs)
        self._in_a_row += 1
        self._asks_kinds = recording.asks_kinds
        self._ops = [(value._op, parameter) for value, parameter in recording.nodes.values() if _is_node(value)]
        try:
            for obstacle in filter(None, (recording.obstacle, guards.obstacle)):
                raise Obstacle(obstacle)
            if not among(result):
                raise Obstacle(f"it returns {type(result).__name__}: {WANTED}")
            recorded = self._made(recording, guards, arguments, result)
            if not recorded.unchanged() or _kind((args, kwargs), [], []) != key[0]:
                raise Obstacle("it changes what it is given or what it reads")
        except Obstacle as error:
            self._refused.add(key)
            self._warn(str(error))
            return result
        except ERRORS:  # of a derivative that is no number, which the next call may not have
            self._in_a_row -= 1
            return result
        self._recorded.setdefault(key, []).append(recorded)
        self._last = recorded
        return result

    def _made(self, *recorded: Any) -> Recorded:
        try:
            return Recorded(*recorded)
        except (Obstacle, *ERRORS):
            raise
        except Exception as error:
            raise Obstacle(f"it cannot be written as a program ({type(error).__name__}: {error})") from error
