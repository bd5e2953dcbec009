"""A function of tensors or of Values as a recorded, straight NumPy program: `micrograd.compile`.

recording.py watches one call; guards.py says what it depended on; program.py writes the program from the source of the
operations (text.py: its names and lines; trees.py and bodies.py: how a source is read); recorded.py is what is run
again, border.py the checks before that, memory.py how it takes less memory; compiled.py puts it in the place of the
function (recorder.py: what any such function has).

values.py does so for functions of Values: value_recording.py watches, value_program.py writes graphs of lone nodes,
value_arrays.py wide ones, and value_nodes.py is what comes back.

A recorded call can also be written as a list of operations that is good for any number of examples, for a file that is
to be read: listing.py writes it, lengths.py puts names in the place of lengths, and plain.py, kinds.py, sources.py,
simplifying.py and comments.py write the functions of the operations without what the calls leave out. `makemore.export`
does that; sources.py says why there are two writers.
"""

from micrograd.compiling.border import unfold as unfold
from micrograd.compiling.compiled import compile as compile
from micrograd.compiling.recording import Obstacle as Obstacle
