"""The experiments of the public makemore lectures, a file to a part: `python -m makemore.lectures --names names.txt`.

What the lectures published stands in published.json: the figures of Andrej Karpathy's lectures and of the notebooks
that belong to them, and, where these round or print nothing, those of PyTorch 2.13 on a CPU for the same lines.
"""
