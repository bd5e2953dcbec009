"""The program of one recorded call: what goes into it and comes out, as text, and run again in place of the call."""

import builtins
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd import graph
from micrograd.compiling.border import entry, node_of
from micrograd.compiling.guards import Guards
from micrograd.compiling.memory import names_in, thrifty
from micrograd.compiling.program import Program, same_bits
from micrograd.compiling.recording import Obstacle, Recording, Rerun, arrays_in
from micrograd.rules.errors import pytorch_error, silent
from micrograd.tensors import Tensor, wrap


class Changed(Exception):  # noqa: N818 - never leaves this package
    """What was found out about numbers while recording is otherwise in this call."""


def same(found: Any, recorded: Any) -> None:
    """Raises Changed where a look at numbers finds another thing than in the recorded call."""
    if found != recorded:
        raise Changed


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
        _ = result.grad_fn  # that of a view whose memory was changed after it was made
        border: dict[int, tuple[str, Tensor]] = {}
        for name, tensor in arguments:
            border[id(tensor)] = (name, tensor)
        if any(t._base is not None and t._node is None and t.requires_grad for _, t in arguments):
            raise Obstacle("an argument is a view of a leaf, made under no_grad")
        used = dict.fromkeys(id(array) for step in recording.steps for array in step.given())
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
        moved = {id(t) for t in self.moved}
        self.moved_names = {name for name, key in zip(names, border, strict=True) if key in moved}
        if changed - recording.written - {id(t._version) for t in self.moved}:
            raise Obstacle("a tensor is changed in place")
        if recording.written and result._node is not None:
            _check_saved(result._node)
        kept = [*arrays, *recording.made.values()]
        if result._base is not None and any(np.may_share_memory(result._array, array) for array in kept):
            raise Obstacle("the result is a view of what was given")
        if any(result._array is array for array in arrays):
            raise Obstacle("the result is what was given")
        steps = _looks_first(recording.steps, {id(tensor._array) for tensor in self.moved}, recording.rewritten)
        self.program = program = Program(
            steps, dict(zip(names, arrays, strict=True)), recording.made, recording.made_before
        )
        self.draws = any(map(callable, program.constants.values()))
        out = program.names.get(id(recording.now(result._array)))
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
            self.saves_result = id(recording.now(result._array)) in saved
        if result.requires_grad and not wanting:
            raise Obstacle("no gradient of the result goes anywhere, as of a view that was made under no_grad")
        self.wanting = [(i, self.tensors[i]._array.shape, self.tensors[i]._array.dtype) for i in wanting]
        self.out, self.gradients, self.names = out, gradients, names
        self.result_shape = result._array.shape
        with silent():
            self._compile()
        self.holds = guards.made()
        self.enter = None if args is None else entry(args, self.holds, self.leaves, self.forward)
        self.keep = (guards, list(self.leaves))
        self.tensors = []  # arguments are not kept alive
        program.scope = {"np": np}
        program.kept, program.names = [], {}

    def _check(self, result: Tensor, start: np.ndarray, gradients: dict[int, str]) -> None:
        """The program's gradients have to be those of the graph."""
        given = {tensor._node for tensor in self.tensors if tensor._node is not None}
        if any(node.hooks or node.retained for node in given):  # which would see this
            return
        try:
            real = graph.run_backward([result], [start], True, given or None, given)
        except RuntimeError as error:
            raise Obstacle(str(error)) from None
        mine = {id(self.tensors[i]._node or self.tensors[i]): self.program.scope[name] for i, name in gradients.items()}
        if {id(t) for t in real} != set(mine):
            raise Obstacle("the gradients of the program are not those of the graph")
        for leaf, g in real.items():
            found = mine[id(leaf)]
            if not same_bits(found, g):
                raise Obstacle("the gradients of the program are not those of the graph")

    def _compile(self) -> None:
        """Make the functions: forward(arrays) gives the result, and the way back as a function of its gradient."""
        program = self.program
        lines = [f"def forward({', '.join(self.names)}):"]
        kept = {self.out, *self.gradients, *names_in("\n".join(program.backward_lines))}
        lines += [textwrap.indent(line, "    ") for line in thrifty(program.forward_lines, kept, program.value)]
        if self.gradients:
            lines.append("    def backward(g):")
            lines += [
                textwrap.indent(line, "        ")
                for line in thrifty(program.backward_lines, {"g", *self.gradients}, program.value)
            ]
            lines.append(f"        return [{', '.join(self.gradients)}]")
            lines.append(f"    return {self.out}, backward")
        else:
            lines.append(f"    return {self.out}, None")
        texts = program.needed("\n".join(lines), list(program.texts))
        helpers = {name: program.scope[name] for name in program.helpers if name not in program.texts}  # the engine's
        text = "\n".join([*program.imports.values(), *texts.values(), *lines])
        scope: dict[str, Any] = {**helpers, **program.constants, "same": same}
        exec(builtins.compile(text, "<micrograd compiled>", "exec"), scope)
        self.text = text
        self.forward = scope["forward"]

    def source(self) -> str:
        """The program as text: run(*arrays) -> (value, [gradients]). After the arrays it takes what draws numbers."""
        program = self.program
        body = [line for line in map(self._without_look, program.forward_lines) if line]
        text = "\n".join([*body, *program.backward_lines])
        constants = {name: value for name, value in program.constants.items() if re.search(rf"\b{name}\b", text)}
        draws = {name: value for name, value in constants.items() if not isinstance(value, np.ndarray)}
        needed = program.needed(text)
        rest = "\n".join([text, *needed.values()])
        lines = [line for short, line in program.imports.items() if short == "np" or re.search(rf"\b{short}\.", rest)]
        for name, value in program.constants.items():
            if isinstance(value, np.ndarray) and re.search(rf"\b{name}\b", rest):
                numbers = re.sub(r"\b(inf|nan)\b", r"np.\1", str(value.tolist()))
                lines.append(f"{name} = np.array({numbers}, np.dtype('{value.dtype.name}'))")
        for helper in needed.values():
            lines += ["", "", helper]
        lines += ["", "", f"def run({', '.join([*self.names, *draws])}):"]
        for name, value in draws.items():
            about = " ".join((value.__doc__ or "").split("\n\n")[0].split())
            given = f"({', '.join(inspect.signature(value).parameters)})" if callable(value) else ""
            lines.append(f"    # {name}{given}: {about}".rstrip(": "))
        lines.append("    # forward")
        lines += [textwrap.indent(line, "    ") for line in body]
        if self.gradients:
            lines += ["    # backward", f"    g = np.ones({self.result_shape}, {self.out}.dtype)"]
            lines += [textwrap.indent(line, "    ") for line in program.backward_lines]
        lines.append(f"    return {self.out}, [{', '.join(self.gradients)}]")
        return "\n".join(lines) + "\n"

    def _without_look(self, line: str) -> str:
        """A line of the text; "" for one that asks whether numbers are as they were, and changes nothing."""
        look = re.fullmatch(r"same\((\w+\((.*)\)), .*\)", line, re.DOTALL)
        if look is None:
            return line
        return look[1] if self.moved_names & set(look[2].split(", ")) else ""

    def call(self, arguments: list[Tensor]) -> Tensor:
        """The result for other arguments of the same kind. Raises Changed, or ValueError where two share an array."""
        tensors = [*arguments, *self.leaves]
        arrays = [tensor._array for tensor in tensors]
        if len(set(map(id, arrays))) != len(arrays):
            raise ValueError("two of the tensors share one array")
        with silent():
            value, back = self.forward(*arrays)
        return self.result(tensors, arrays, value, back)

    def again(self, args: tuple[Any, ...]) -> Tensor | None:
        """The same from the arguments of a call; None where they are of another kind, or something has changed."""
        found = self.enter(args) if self.enter is not None else None
        return None if found is None else self.result(*found)

    def raised(self, error: Exception, function: Callable, args: Any, kwargs: Any) -> Any:
        """What a call gives in which the program raised an error: the function itself raises it in its own words.

        But where the program has drawn random numbers or moved a buffer, which would be done twice, the error is
        raised.
        """
        if self.draws or self.moved:
            raise (pytorch_error("", [], {}, error) if isinstance(error, IndexError) else error) from None
        return function(*args, **kwargs)

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


def _looks_first(steps: Sequence[Any], moved: set[int], rewritten: Sequence[np.ndarray]) -> list[Any]:
    """The steps, with those first that a look at numbers needs.

    Where it finds other numbers than the recorded call, nothing was computed in vain by then, no random number is drawn
    and no buffer is moved: the call can be done in another way. moved: the arrays that are moved, by id.
    """
    needed: set[int] = set()
    first: list[Any] = []
    for step in reversed(steps):
        results, is_rerun = list(arrays_in(step.result)), isinstance(step, Rerun)
        is_look = is_rerun and not results and not any(id(argument) in moved for argument in step.arguments)
        if is_look or not needed.isdisjoint(map(id, results)):
            if is_rerun and not is_look:
                raise Obstacle("it looks at numbers that were drawn")
            first.insert(0, step)
            needed.update(map(id, step.given()))
            if any(np.may_share_memory(array, each) for array in step.given() for each in rewritten):
                raise Obstacle("it looks at numbers that it changes in place")
    if needed & moved:
        raise Obstacle("it looks at numbers of a buffer that it moves")
    chosen = set(map(id, first))
    return first + [step for step in steps if id(step) not in chosen]


def _check_saved(root: graph.Node) -> None:
    """Raises Obstacle where what backward needs was changed in place, so that it will raise."""
    for node in graph.topological_order(root):
        if node.saved is not None:
            try:
                node.check()
            except RuntimeError as error:
                raise Obstacle(str(error)) from None
