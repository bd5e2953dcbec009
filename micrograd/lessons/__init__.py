"""Short lessons on the engine, each a file to open and read from top to bottom, and to run.

`python -m micrograd.lessons` lists them, `python -m micrograd.lessons nudging` runs one, and
`python -m micrograd.lessons nudging --answer 1 8` marks an answer to its first exercise. `--notebook DIR` writes them
as Jupyter notebooks. In Python or a notebook:

>>> from micrograd.lessons import nudging
>>> nudging.exercise_1(8.0)
right: 8
True

A lesson is a module with a function `lesson(folder)`, which prints, checks every claim it makes and saves its picture
in the folder, and with `exercise_1` and `exercise_2`, questions that are called with an answer.
"""

LESSONS = (
    "nudging",
    "chain_rule",
    "accumulation",
    "order",
    "own_op",
    "broken_up_tanh",
    "broadcasting",
    "dim_of_sum",
    "batch_norm",
)
"""The lessons, in the order in which they build on each other."""
