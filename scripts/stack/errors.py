"""The error that stops the local stack from starting."""


class StackError(Exception):
    """The stack cannot start with these settings; the message says what to change."""
