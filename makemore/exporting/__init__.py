"""A trained model as one file of Python that needs NumPy alone, made from the sources of the package itself.

What the model computes is recorded, and written as a list of operations with their functions (`micrograd.compiling`);
how words grow, how random words become draws, the split, the examples, the rate and the optimizer are the package's own
functions, as they stand. Only the frame around them is written here.
"""
