"""A function of tensors as a recorded, straight NumPy program: `micrograd.compile`.

recording.py watches one call; guards.py says whether what it depended on is as it was; program.py writes the program
from the source of the operations; compiled.py puts it in the place of the function.
"""

from micrograd.compiling.compiled import compile as compile
