"""The public micrograd 0.1 and its like, whose files have the names of files of this package.

Where pip installs both into one environment, the later one overwrites `micrograd/__init__.py` and `engine.py` of the
earlier one, and to uninstall one takes files of the other away.
"""

import warnings
from pathlib import Path

BOTH = (
    "another package named micrograd is installed in this environment too, and their files overwrite each other: "
    "pip uninstall micrograd micrograd-viz micrograd-makemore, and then install micrograd-makemore again as before "
    "(pip install . in its folder)"
)


def check(package: Path) -> None:
    """Say so where files of the public package lie in ours, at `package`.

    Warns where this package was installed last, and runs; raises ImportError where the other one has taken its files.
    """
    if not (package / "nn.py").exists():  # ours is a folder
        return
    if "micrograd.ops" not in (package / "__init__.py").read_text(encoding="utf-8"):
        raise ImportError(BOTH)
    warnings.warn_explicit(BOTH, UserWarning, "micrograd", 1)  # one line, without a line of code below it


check(Path(__file__).parents[1])
