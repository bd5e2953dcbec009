"""Commands of makemore, one after the other, on the processes of one mpiexec: `on_processes.py JSON`.

JSON is a list of [name, arguments]; rank 0 prints a line of JSON with how each ended.
"""

import contextlib
import importlib
import io
import json
import sys

from makemore import corpus, plots, processes
from micrograd import command

plots._png = lambda figure, dpi: b""  # drawing takes longer than all the rest
corpus.LONG = 1 << 16  # a list is long from here on


def main():
    for name, arguments in json.loads(sys.argv[1]):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                command.run_command(lambda: importlib.import_module(f"makemore.{name}").main(arguments))  # noqa: B023
            except SystemExit as ended:
                status = ended.code
        print("ended", json.dumps([status, out.getvalue(), err.getvalue()]))
    return 0


if __name__ == "__main__":
    processes.run_command(main)
