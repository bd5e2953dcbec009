"""Keep freed memory in the process (glibc's mallopt).

glibc gives blocks of more than 128 kB back to the system at once and asks for them again for the next array, and each
new page costs a fault: a GELU of 512 x 256 numbers spends most of its time there. Keeping the memory takes it away.
The numbers are those of mallopt(3); where there is no glibc, nothing happens.
"""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK = 32 * 2**20  # bytes; glibc takes no more for the threshold of mmap
KEPT = 512 * 2**20  # bytes at the end of the heap that may stay unused


def keep_freed_memory() -> bool:
    """Let the program's allocator keep what is freed for the next array; whether it did."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK) and mallopt(M_TRIM_THRESHOLD, KEPT))
