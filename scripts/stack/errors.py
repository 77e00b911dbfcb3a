"""What stops the local stack from starting."""


class StackError(Exception):
    """The stack cannot run as asked; the sentence says what to change."""
