"""What an on-call command answers where it cannot do what it was asked."""


class OperatorError(ValueError):
    """What was asked cannot be done; the message is one line that says why, and what to do instead."""
