"""`python -m micrograd.draw "(a*b + c).tanh()" a=2 b=-3 c=10 -o graph.svg`: the graph of an expression."""

from pathlib import Path

from micrograd.command import Parser, UsageError, assignments, run_command
from micrograd.draw import draw
from micrograd.draw.flags import FILES, add_look_flags, check_suffix, look, write
from micrograd.engine import Value
from micrograd.expression import ExpressionError, evaluate


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m micrograd.draw",
        description="Draw the compute graph of an expression, with every number and every gradient.",
        epilog='An expression that begins with a minus goes into brackets: "(-a*b)".',
    )
    parser.add_argument("expression", metavar="EXPRESSION", help='such as "(a*b + c).tanh()"')
    parser.add_argument("numbers", nargs="*", metavar="NAME=NUMBER", help="what each name in it stands for")
    parser.add_argument("-o", "--output", default="graph.svg", metavar="FILE",
                        help=f"{FILES} (graph.svg)")  # fmt: skip
    parser.add_argument("--parameters", default="", metavar="NAMES",
                        help="those that would be trained, such as w,b: drawn in their own shape")  # fmt: skip
    add_look_flags(parser)
    flags = parser.parse_intermixed_args(arguments)
    output = Path(flags.output)
    check_suffix(output, "-o")
    variables = {name: Value(number, label=name) for name, number in assignments(flags.numbers).items()}
    trained = [name for name in flags.parameters.split(",") if name]
    for name in trained:
        if name not in variables:
            raise UsageError(f"--parameters {name}: the expression has no such name")
    try:
        result = evaluate(flags.expression, variables)
        if not isinstance(result, Value):
            raise UsageError("the expression has no name in it, so nothing to take a gradient by; write a*2, and a=3")
        result.backward()
        write(draw(result, parameters=[variables[name] for name in trained], **look(flags)), output)
    except (ExpressionError, ArithmeticError) as error:  # ArithmeticError: a derivative that does not exist
        raise UsageError(str(error)) from None
    print(f"saved {output}")
    return 0


if __name__ == "__main__":
    run_command(main)
