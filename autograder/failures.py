"""What can go wrong, and whose fault it is.

A `Failure` is the submission's fault and costs the check. A `CourseError` is a mistake in a course's own files. An
`InfrastructureError` is ours or the machine's: what could not be judged because of it is reported as not graded.
"""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """The library's code or process did not answer; never the grader's fault."""

    def values(self) -> list[Any]:
        """Return all that is in it, as values that can be written down; see `from_values`."""
        return [type(self).__name__, list(self.args), vars(self)]

    @staticmethod
    def from_values(values: list[Any]) -> Failure:
        """Make a failure of what `values` has given.

        Raises
        ------
        KeyError
            If there is no such kind of failure.
        """
        name, args, fields = values
        kind = {kind.__name__: kind for kind in Failure.__subclasses__()}[name]
        failure = kind.__new__(kind, *args)
        vars(failure).update(fields)
        return failure


class StudentError(Failure):
    """The library's code raised an exception, or a check cannot go on with what it gave.

    Attributes
    ----------
    type_name : str
        The exception's class, e.g. ``"ValueError"``.
    message : str
        Its message.
    file : str or None
        The file it came from, relative to the submission, e.g. ``"nndl/layers.py"``.
    line : int or None
        The line in that file.
    traceback_tail : str
        The last frames in the library's own files, one per line, outermost first.
    not_implemented : bool
        Whether the exception is a `NotImplementedError`, as an untouched stub raises.
    from_code : bool
        Whether the library's code raised it; else the message is a check's own, in words for the student.
    """

    def __init__(
        self,
        type_name: str,
        message: str,
        file: str | None = None,
        line: int | None = None,
        traceback_tail: str = "",
        not_implemented: bool = False,
        from_code: bool = False,
    ):
        where = f" ({file}, line {line})" if file else ""
        super().__init__(f"{type_name}: {message}{where}")
        self.type_name = type_name
        self.message = message
        self.file = file
        self.line = line
        self.traceback_tail = traceback_tail
        self.not_implemented = not_implemented
        self.from_code = from_code

    def when(self, circumstance: str) -> StudentError:
        """Return this error with the circumstance in which it was raised, which its line does not tell."""
        return StudentError(
            self.type_name,
            f"{self.message}, {circumstance}",
            self.file,
            self.line,
            self.traceback_tail,
            self.not_implemented,
            self.from_code,
        )


class LimitExceeded(Failure):
    """The library's process exceeded a limit and was ended.

    Attributes
    ----------
    kind : str
        One of `LIMITS`.
    limit : float
        The limit, in that unit.
    traceback_tail : str
        Where the library's own files were when its time was over, as in `StudentError`; the process itself has said so.
    """

    def __init__(self, kind: str, limit: float, message: str = "", traceback_tail: str = ""):
        text = LIMITS.get(kind, f"the {kind} limit of {{n:g}} was exceeded")
        super().__init__(message or text.format(n=limit, mib=limit / 2**20))
        self.kind = kind
        self.limit = limit
        self.traceback_tail = traceback_tail


LIMITS = {
    "wall": "the code took longer than {n:g} s",
    "total": "all the code of the submission together took longer than {n:g} s",
    "lifetime": "the process lived longer than {n:g} s",
    "cpu": "the code used more than {n:g} s of processor time",
    "memory": "the code used more than {mib:g} MiB of memory",
    "processes": "the code started more than {n:g} processes",
    "files": "the code made more than {n:g} files",
    "output": "the code printed more than {mib:g} MiB",
    "reply": "the code returned more than {mib:g} MiB at once",
    "borrowed calls": "the code called borrowed functions more than {n:g} times",
    "borrowed bytes": "the code exchanged more than {mib:g} MiB with borrowed functions",
}
"""The kinds of limit, and the message when one is exceeded."""


class WorkerDied(Failure):
    """The library's process ended before it answered.

    Attributes
    ----------
    killed : bool
        Whether ``SIGKILL`` ended it, and none of our limits: its own, or that of a machine that ran out of memory.
    """

    def __init__(self, message: str, killed: bool = False):
        super().__init__(message)
        self.killed = killed


class ProtocolViolation(Failure):
    """The reply is invalid: malformed, unexpected, or of an impossible type."""


class UnusableValue(Failure):
    """A value that came back is well formed, but the check cannot go on with it."""


class ReferenceFailure(Exception):
    """The reference itself could not answer: our mistake, which must not cost a student any points."""


class InfrastructureError(Exception):
    """Our code or the machine failed; this says nothing about a submission."""


class SandboxUnavailable(InfrastructureError):
    """A sandbox cannot be started here; the message says what to do."""


class CourseError(LookupError):
    """Something in a course's folder or in an installed milestone is not as it must be: what, where, what to do."""


def told(error: Exception) -> str:
    """Return what an exception says, with its kind, and where a syntax error is."""
    at = f" ({error.filename}, line {error.lineno})" if isinstance(error, SyntaxError) else ""
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}{at}"
