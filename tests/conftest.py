"""What has to happen before NumPy is loaded."""

import gc
import os

# The tests run in two processes, one to a core. NumPy's and PyTorch's own threads would wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The commands that tests start find both packages compiled, as a user's do: reading the source anew takes each 0.2 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish():
    """Keep the garbage collector off the thousands of tests and the libraries, which live until the end anyway."""
    gc.collect()
    gc.freeze()
