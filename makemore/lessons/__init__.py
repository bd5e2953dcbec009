"""Short lessons on language models, each a file to open and read from top to bottom, and to run.

`python -m makemore.lessons` lists them, `python -m makemore.lessons softmax` runs one, and
`python -m makemore.lessons softmax --answer 1 5/8` marks an answer to its first exercise. `--notebook DIR` writes them
as Jupyter notebooks. In Python or a notebook:

>>> from makemore.lessons import softmax
>>> softmax.exercise_1(5 / 8)
right: 0.625
True

They are made as those on the engine are, see `micrograd.lessons`, and learn from the names that come with the package.
"""

LESSONS = (
    "one_hot",
    "softmax",
    "counts_and_net",
    "smoothing",
    "minibatches",
    "starting_loss",
)
"""The lessons, in the order in which they build on each other."""
