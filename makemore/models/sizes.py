"""Checks of the sizes that nets are given."""


def check_sizes(**sizes: int) -> None:
    """Raises ValueError, naming it, where a size is not 1 or more."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} has to be 1 or more, and it is {size}")


def check_context(length: int, context_length: int) -> None:
    """Raises ValueError where words, with the boundary at their start, are longer than a net's context."""
    if length > context_length:
        raise ValueError(
            f"{length} characters are too many, the boundary before the word included: the model sees {context_length}"
        )
