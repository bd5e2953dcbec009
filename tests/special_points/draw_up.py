"""Ask PyTorch for the numbers of the table of special points and write them beside it.

python tests/special_points/draw_up.py
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from special_points import runs, table

DATA = Path(__file__).with_name("points.json")


def point_name(point: dict[str, str], dtype: str = "") -> str:
    """What a point is called in the data: 'x = nan, y = 1.0 in float32'; without a dtype it holds for all floats."""
    numbers = ", ".join([f"{letter} = {numbers}" for letter, numbers in point.items()])
    return f"{numbers} in {dtype}" if dtype else numbers


def drawn_up(library: Any, cases: list[table.Case]) -> dict[str, dict[str, Any]]:
    """By call and by name of the point: what comes out. Where float32 and float64 agree it is said once."""
    found: dict[str, dict[str, Any]] = {}
    for case in cases:
        by_dtype = {dtype: answers(library, case, dtype) for dtype in case.dtypes}
        entries = found.setdefault(case.call, {})
        for i, point in enumerate(case.points):
            here = {dtype: all_points[i] for dtype, all_points in by_dtype.items()}
            single, double = here.get("float32"), here.get("float64")
            if single is not None and double is not None and runs.alike(single, double, 1e-6, signs=True):
                entries[point_name(point)] = double
                del here["float32"], here["float64"]
            entries |= {point_name(point, dtype): answer for dtype, answer in here.items()}
    return found


def answers(library: Any, case: table.Case, dtype: str) -> list[Any]:
    """What comes out at each of the points of a case."""
    if case.together:
        return runs.run_together(library, case.call, case.points, dtype)
    return [runs.run(library, case.call, point, dtype) for point in case.points]


def written(found: dict[str, dict[str, Any]]) -> str:
    """The data as text: sorted, a line for each point, so that a change of one shows as a change of one line."""
    blocks = []
    for call, points in sorted(found.items()):
        lines = [
            f"  {json.dumps(name)}: {json.dumps(answer, separators=(',', ':'))}"
            for name, answer in sorted(points.items())
        ]
        blocks.append(f"{json.dumps(call)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n " + ",\n ".join(blocks) + "\n}\n"


if __name__ == "__main__":
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    DATA.write_text(written(drawn_up(torch, table.CASES)))
