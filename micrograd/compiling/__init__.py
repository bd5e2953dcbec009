"""A function of tensors or of Values as a recorded, straight NumPy program: `micrograd.compile`.

recording.py watches one call; guards.py says whether what it depended on is as it was; program.py writes the program
from the source of the operations; compiled.py puts it in the place of the function. values.py does so for functions of
Values: value_recording.py watches, value_program.py writes graphs of lone nodes, value_arrays.py wide ones, and
value_nodes.py is what comes back.
"""

from micrograd.compiling.compiled import compile as compile
