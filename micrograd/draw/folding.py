"""Large graphs made small enough to look at: modules folded, boxes that are alike drawn once, far ones cut away."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from micrograd.draw.boxes import Box

MOST_BOXES = 200
"""How many boxes a picture shows at the most."""


class Drawn(NamedTuple):
    """The boxes to draw, and a sentence for people on what of the graph they leave out; empty where nothing."""

    boxes: list[Box]
    note: str


def fold(boxes: list[Box]) -> Drawn:
    """The whole graph in MOST_BOXES boxes: modules are folded, the innermost first; then boxes that are alike.

    Alike are boxes of the same operation whose inputs are alike and which go into what is alike, such as the neurons
    of a layer, or the examples of a batch. What is still too much is cut, see `cut`.
    """
    n, words = len(boxes), []
    if n <= MOST_BOXES:
        return Drawn(boxes, "")
    for depth in range(max(len(box.frames) for box in boxes) - 1, -1, -1):
        if len(boxes) > MOST_BOXES:
            boxes = _fold_modules(boxes, depth)
            words = ["each folded module is one box"]
    if len(boxes) > MOST_BOXES and len(alike := _fold_alike(boxes)) < len(boxes) / 2:
        boxes = alike
        words.append("boxes that are alike are drawn once, with their number")
    note = f"{n:,} boxes folded into {len(boxes):,}: {'; '.join(words)}. " if words else ""
    nearest, rest = cut(boxes) if len(boxes) > MOST_BOXES else (boxes, "")
    return Drawn(nearest, note + rest)


def cut(boxes: list[Box], depth: int | None = None) -> Drawn:
    """The boxes within `depth` operations of the result, the nearest MOST_BOXES where that is None."""
    last = [box for box in boxes if box.role == "loss"]
    near, level, steps = set(last), last, 0
    while level and (depth is None or steps < depth):
        level = list(dict.fromkeys(parent for box in level for parent in box.parents if parent not in near))
        steps += 1
        if depth is None:
            level = level[: MOST_BOXES - len(near)]
        near.update(level)
    kept = [box for box in boxes if box in near]
    if len(kept) == len(boxes):
        return Drawn(boxes, "")
    made = {box: replace(box, parents=[]) for box in kept}
    shown: list[Box] = []
    for box, copy in made.items():
        copy.parents = [made[parent] for parent in box.parents if parent in near]
        if far := set(box.parents) - near:
            copy.parents.append(Box("folded", "…", count=len(far), frames=box.frames))
            shown.append(copy.parents[-1])
        shown.append(copy)
    return Drawn(shown, f"{len(boxes) - len(kept):,} of {len(boxes):,} boxes, those furthest back, are not drawn (…).")


def _merged(boxes: list[Box], key: Mapping[Box, Hashable], one_for_all: Callable[[list[Box]], Box]) -> list[Box]:
    """One box for all of the same key, with the inputs of them all, in the place of the last."""
    groups: dict[Hashable, list[Box]] = {}
    for box in reversed(boxes):
        groups.setdefault(key[box], []).insert(0, box)
    made = {of: one_for_all(group) for of, group in groups.items()}
    for of, group in groups.items():
        parents = dict.fromkeys(made[key[parent]] for box in group for parent in box.parents)
        made[of].parents = [parent for parent in parents if parent is not made[of]]
    return list(made.values())[::-1]


def _fold_modules(boxes: list[Box], depth: int) -> list[Box]:
    """Every module that stands in `depth` others as one box, which has the numbers of its last operation."""

    def folded(group: list[Box]) -> Box:
        last = group[-1]
        if len(group) == 1:
            return replace(last)
        role, title = "folded" if last.role != "loss" else "loss", last.frames[depth].label
        total = sum(box.count for box in group)
        return replace(last, role=role, title=title, sign="module", op="", frames=last.frames[:depth], count=total)

    return _merged(boxes, {box: box.frames[: depth + 1] if len(box.frames) > depth else box for box in boxes}, folded)


def _fold_alike(boxes: list[Box]) -> list[Box]:
    """One box for all that are alike, seen from their inputs and from the result."""
    boxes = _flatten_sums(boxes)
    kinds: dict[Hashable, int] = {}
    from_inputs: dict[Box, int] = {}
    for box in boxes:
        inputs = tuple(sorted([from_inputs.get(parent, -1) for parent in box.parents]))
        kind = (box.role, box.sign, box.shape, box.frames, inputs)
        from_inputs[box] = kinds.setdefault(kind, len(kinds))
    users: dict[Box, set[int]] = {}
    from_both: dict[Box, int] = {}
    for box in reversed(boxes):
        both = (from_inputs[box], frozenset(users.get(box, ())))
        from_both[box] = kinds.setdefault(both, len(kinds))
        for parent in box.parents:
            users.setdefault(parent, set()).add(from_both[box])
    return _merged(boxes, from_both, _one_for_all)


def _flatten_sums(boxes: list[Box]) -> list[Box]:
    """((a + b) + c) + d as one sum of four, so that its terms are alike whatever their order."""
    uses = Counter(parent for box in boxes for parent in box.parents)
    made: dict[Box, Box] = {}
    gone = set()
    for box in boxes:
        copy = made[box] = replace(box, parents=[])
        for original in box.parents:
            if original not in made:  # a module that is called twice may come after what goes into it
                continue
            parent = made[original]
            if not (copy.sign == parent.sign == "+" and parent.role == "result" and uses[original] == 1):
                copy.parents.append(parent)
            elif copy.parents:
                gone.add(parent)
                copy.parents += parent.parents
            else:  # handed over: a chain of sums is not copied at every link
                gone.add(parent)
                copy.parents = parent.parents
    return [copy for copy in made.values() if copy not in gone]


def _one_for_all(group: list[Box]) -> Box:
    whole = replace(group[0])
    if len(group) > 1:
        whole.title = _common({box.title for box in group})
        whole.role = "folded" if whole.role == "result" else whole.role
        whole.count = sum(box.count for box in group)
        whole.data, whole.grad = _together([box.data for box in group]), _together([box.grad for box in group])
    return whole


def _common(titles: set[str]) -> str:
    """The one title, or how all of them begin."""
    first, last = min(titles), max(titles)
    if first == last:
        return first
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:same].rstrip("#") + "…"


def _together(numbers: list) -> np.ndarray | None:
    """All the numbers of several boxes in one row; None where those of one are not known."""
    return None if any(x is None for x in numbers) else np.concatenate([np.ravel(x) for x in numbers])
