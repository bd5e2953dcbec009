"""`python -m micrograd.compare [OP ...]` compares every op with PyTorch; with --expression, one expression."""

from tqdm import tqdm

from micrograd.command import Parser, UsageError, assignments, nearest, run_command
from micrograd.compare.examples import FLOATS, check
from micrograd.compare.expressions import compare_expression
from micrograd.compare.report import aligned, number_text
from micrograd.compare.runs import NO_PYTORCH, pytorch
from micrograd.expression import ExpressionError, names
from micrograd.ops import OPS


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns 0 if all agree, 1 if not."""
    parser = Parser(
        prog="python -m micrograd.compare",
        description="Compare micrograd's values and gradients with those of the PyTorch that is installed.",
        epilog="Where PyTorch is not installed: with finite differences, (f(x + h) - f(x - h)) / 2h.",
    )
    parser.add_argument(
        "--expression",
        metavar="TEXT",
        help='an expression in place of the ops, "(a*b + c).tanh()"; one that begins with a minus: --expression="-a"',
    )
    parser.add_argument(
        "what",
        nargs="*",
        metavar="OP or NAME=NUMBER",
        help="the ops to compare (default: all), or what the names of the expression stand for",
    )
    flags = parser.parse_args(arguments)
    if flags.expression is not None:
        return _expression(flags.expression, flags.what)
    for name in flags.what:
        if name not in OPS:
            parser.error(f"there is no op {name!r}{nearest(name, OPS)}; the ops are those of micrograd.ops.OPS")
    return _ops(list(dict.fromkeys(flags.what)) or list(OPS))


def _expression(text: str, given: list[str]) -> int:
    numbers = assignments(given)
    try:
        ordered = {name: numbers.pop(name) for name in names(text) if name in numbers}
        table_text, agree = compare_expression(text, ordered | numbers)
    except ExpressionError as error:
        raise UsageError(str(error)) from None
    print(table_text)
    return 0 if agree else 1


def _ops(wanted: list[str]) -> int:
    torch = pytorch()
    found = [check(name) for name in tqdm(wanted, desc="comparing", unit="op", delay=1, leave=False)]
    print(f"micrograd beside {'finite differences' if torch is None else 'PyTorch ' + torch.__version__}")
    dtypes = [dtype for dtype in FLOATS if any(dtype in checked.largest for checked in found)]
    rows = [["op", "cases", *[f"largest difference, {dtype}" for dtype in dtypes], "verdict"]]
    for checked in found:
        largest = [number_text(checked.largest[dtype]) if dtype in checked.largest else "" for dtype in dtypes]
        rows.append([checked.op, str(checked.cases), *largest, checked.verdict])
    print("\n".join(aligned(rows, right=range(1, len(rows[0]) - 1))))
    wrong = [checked for checked in found if checked.wrong is not None]
    for checked in wrong:
        print(f"\n{checked.op}: {checked.wrong}")
    if torch is None:
        print(NO_PYTORCH)
    agree, cases = sum(checked.verdict == "agrees" for checked in found), sum(checked.cases for checked in found)
    but = f"; not {', '.join([checked.op for checked in wrong])}" if wrong else ""
    print(f"{agree} of {len(found)} ops agree, in {cases:,} cases{but}")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_command(main)
