"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file under another name first, and then rename it: where that fails, what was there before stays.

    Raises OSError with the path where it cannot be written.
    """
    target = Path(path).resolve()  # behind a link, so that the link stays
    if target.exists() and not target.is_file():  # a pipe or a device: there is nothing to take its place
        target.write_bytes(content)
        return
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(target)
    except OSError as error:  # a full disk does not say which file
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    finally:
        unfinished.unlink(missing_ok=True)
