"""Parameter, a tensor that is trained."""

from micrograd.creation import empty
from micrograd.tensors import Tensor


class Parameter(Tensor):
    """A tensor that a Module counts among its parameters.

    data: a Tensor, whose memory it shares; without one it is empty. Raises TypeError for another type, RuntimeError if
    requires_grad and data is not floating-point.

    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True):
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter takes a Tensor, not {type(data).__name__}: make one with tensor(...)")
        self._share(data)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
