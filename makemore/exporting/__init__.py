"""A trained model as one file of Python that needs NumPy alone, made from the sources of the package itself.

The model's computation is recorded and written as a list of operations with their functions (`micrograd.compiling`).
Drawing words, random numbers, the split, the examples, the learning rate and the optimizer are copies of the package's
own functions. Only the text around them is written here, in template.py; recorded.py records and copies, training.py
has what a file that trains starts from, and text.py puts all of it together.
"""
