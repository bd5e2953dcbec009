"""Ctrl-C while `python -m micrograd.draw`, or a command of makemore, is being loaded: one line, and no traceback.

The package imports this before all else, and `command.run_command` takes over from it. What `python -m` names is loaded
while sys.argv still begins with "-m", and in no other program is it so.
"""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def stop(signum: int, frame: FrameType | None) -> NoReturn:
    """End the process: nothing has been begun."""
    os.write(2, b"\nstopped\n")
    os._exit(130)


if getattr(sys, "argv", [])[:1] == ["-m"]:
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
