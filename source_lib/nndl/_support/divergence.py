"""The one exception that says that training diverged."""


class DivergenceError(FloatingPointError):
    """The training loss became infinite or NaN; the message says when, and what to try."""
