"""What goes wrong between a student and the grading service, said in two sentences."""

from __future__ import annotations


class Problem(Exception):
    """Something that the student is told.

    Parameters
    ----------
    what : str
        What went wrong.
    to_do : str
        What the student can do about it.
    status : int
        The status of the service's reply; 0 if there was none.
    """

    def __init__(self, what: str, to_do: str = "", status: int = 0) -> None:
        super().__init__(f"{what} {to_do}".strip())
        self.what, self.to_do, self.status = what, to_do, status
