"""Ctrl-C while the modules of a command are being loaded: one line, and no traceback.

A command imports this before all else; `run_command` takes over from it. It imports next to nothing itself.
"""

import os
import signal
from types import FrameType
from typing import NoReturn


def stop(signum: int, frame: FrameType | None) -> NoReturn:
    """End the process: nothing has been begun."""
    os.write(2, b"\nstopped\n")
    os._exit(130)


signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
