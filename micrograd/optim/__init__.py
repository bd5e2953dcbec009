"""Optimizers, which change parameters by their gradients, and schedules of their learning rates."""

from micrograd.optim import lr_scheduler
from micrograd.optim.optimizers import SGD, Adam, AdamW, Optimizer
from micrograd.rules.missing import getattr_of

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]

__getattr__ = getattr_of("micrograd.optim", lambda: __all__)
