"""What a command says when the user can put something right."""


class Complaint(ValueError):  # noqa: N818 - it is how a command complains, not a fault of the program
    """Something the user gave cannot be used. The message is one line: what is wrong, and what to do about it."""
