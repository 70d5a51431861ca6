"""The error of an on-call command that cannot do what it was asked."""


class OperatorError(ValueError):
    """The command cannot be carried out; the message says in one line why, and what to do instead."""
