"""Datasets, and loaders that draw batches from them: PyTorch's torch.utils.data, with the same batches from a seed."""

from micrograd.rules.missing import getattr_of
from micrograd.utils.data.dataloader import DataLoader, default_collate, default_convert
from micrograd.utils.data.dataset import Dataset, Subset, TensorDataset, random_split
from micrograd.utils.data.distributed import DistributedSampler
from micrograd.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]

__getattr__ = getattr_of("micrograd.utils.data", lambda: __all__)
