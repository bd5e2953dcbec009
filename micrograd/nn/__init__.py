"""Nets: Module, the parent of all of them, PyTorch's layers, and the scalar nets of the public micrograd."""

from micrograd.missing import getattr_of
from micrograd.nn import functional, init, parallel, utils
from micrograd.nn.containers import ModuleDict, ModuleList, Sequential
from micrograd.nn.layers import (
    ELU,
    GELU,
    BatchNorm1d,
    Conv1d,
    Dropout,
    Embedding,
    Flatten,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from micrograd.nn.losses import CrossEntropyLoss, MSELoss, NLLLoss
from micrograd.nn.module import Module
from micrograd.nn.parameter import Parameter
from micrograd.nn.scalar import MLP, Layer, Neuron

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "BatchNorm1d",
    "Conv1d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "Neuron",
    "Parameter",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "functional",
    "init",
    "parallel",
    "utils",
]

__getattr__ = getattr_of("micrograd.nn", lambda: __all__)
