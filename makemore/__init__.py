"""Character language models, which learn from a list of words and make up new ones like them.

The commands, `python -m makemore.train` and its like, are also at hand in Python:

>>> import makemore
>>> model = makemore.train(["emma", "olivia", "ava", "isabella", "sophia"], type="bigram", fit="counts")
>>> len(model.sample(3, prompt="a"))
3
>>> round(model.score("ava").log_likelihood, 1)
-6.3

`makemore.load(folder)` gives the model of a run that a command has trained.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

__all__ = ["__version__", "load", "train"]

__version__ = "0.1.0"

_found = find_spec("micrograd")
if _found and _found.origin and "micrograd.ops" not in Path(_found.origin).read_text(encoding="utf-8"):
    raise ImportError(
        "another package named micrograd is installed in this environment too, and takes the place of the one that "
        "makemore needs: pip uninstall micrograd micrograd-viz micrograd-makemore, and then install "
        "micrograd-makemore again as before (pip install . in its folder)"
    )

if sys.argv[:1] == ["-m"]:  # a command is being loaded, and micrograd is ready for Ctrl-C before all else
    import micrograd  # noqa: F401

if TYPE_CHECKING:
    from makemore.trained import load, train
else:

    def __getattr__(name: str) -> Any:
        """Read what is asked for when it is asked for: with `import makemore` alone, not even NumPy is."""
        from importlib import import_module

        if name == "train":  # the module of the command, which is called as the function
            return import_module("makemore.train")
        if name == "load":
            return import_module("makemore.trained").load
        raise AttributeError(f"makemore has no {name!r}: there are train, load, and the modules of the commands")
