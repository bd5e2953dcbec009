"""einops with Tensors: `einops.rearrange(x, 'n t c -> n (t c)')` of a Tensor is a Tensor of the graph.

einops knows a library by a class of its module `einops._backends`. It is not imported here: once the user imports it, a
finder of modules that waits for that name adds the class.
"""

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

from micrograd.ops import TORCH
from micrograd.tensors import Tensor

BACKENDS = "einops._backends"


def make_known(backends: ModuleType) -> None:
    """Add the class for Tensors to einops' module of such classes."""

    class MicrogradBackend(backends.AbstractBackend):  # type: ignore[name-defined]
        """What einops asks of a library."""

        framework_name = "micrograd"

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, Tensor)

        def transpose(self, x: Any, axes: Any) -> Tensor:
            return x.permute(*axes)

        def reduce(self, x: Any, operation: str, axes: Any) -> Tensor:
            if operation in ("min", "max"):
                return getattr(x, f"a{operation}")(tuple(axes))
            if operation == "prod":  # of one dimension at a time
                for dim in sorted(axes, reverse=True):
                    x = x.prod(dim)
                return x
            return getattr(x, operation)(tuple(axes))

        def add_axis(self, x: Any, new_position: int) -> Tensor:
            return x.unsqueeze(new_position)

        def tile(self, x: Any, repeats: Any) -> Tensor:
            return x.repeat(*repeats)

        def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Tensor:
            return TORCH["stack"](tensors)

        def concat(self, tensors: list[Any], axis: int) -> Tensor:
            return TORCH["cat"](tensors, axis)

        def einsum(self, pattern: str, *x: Any) -> Tensor:
            return TORCH["einsum"](pattern, *x)

        def is_float_type(self, x: Any) -> bool:
            return x.is_floating_point()

    vars(backends)["MicrogradBackend"] = MicrogradBackend  # a class that nobody holds is forgotten


class Waiting(MetaPathFinder):
    """Sees to it that `make_known` runs once einops has its module of classes."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec of that module, with what to do after it has run; None for all others, which are found elsewhere."""
        if name != BACKENDS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_make_known(module: ModuleType) -> None:
                run(module)
                make_known(module)

            vars(spec.loader)["exec_module"] = run_and_make_known
        return spec


if BACKENDS in sys.modules:
    make_known(sys.modules[BACKENDS])
else:
    sys.meta_path.insert(0, Waiting())
