"""Nets: Module, the base class of all of them, PyTorch's layers, and the scalar nets of the public micrograd."""

from micrograd.nn import activations, containers, functional, init, layers, losses, parallel, transformer, utils
from micrograd.nn.activations import *  # noqa: F403
from micrograd.nn.containers import *  # noqa: F403
from micrograd.nn.layers import *  # noqa: F403
from micrograd.nn.losses import *  # noqa: F403
from micrograd.nn.module import Module
from micrograd.nn.parameter import Parameter
from micrograd.nn.scalar import MLP, Layer, Neuron
from micrograd.nn.transformer import *  # noqa: F403
from micrograd.rules.missing import getattr_of

__all__ = ["MLP", "Layer", "Module", "Neuron", "Parameter", "functional", "init", "parallel", "utils"]
__all__ += activations.__all__
__all__ += containers.__all__
__all__ += layers.__all__
__all__ += losses.__all__
__all__ += transformer.__all__

__getattr__ = getattr_of("micrograd.nn", lambda: __all__)
