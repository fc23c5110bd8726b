"""Where a student's code stopped, or was stopped: in a line of theirs, never in one of a file that the course gives."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from ..failures import Failure, LimitExceeded, StudentError
from ..library.local import reference_folder

_FENCE = re.compile(r"^\s*### (BEGIN SOLUTION|ANSWERS) ", re.MULTILINE)
_FRAME = re.compile(r"(?P<file>[^:\n]+\.py):(?P<line>\d+)(?: in (?P<function>[^:\n]+))?: (?P<text>.*)")
_LONGEST_LINE = 90
_FROM_BOTH_ENDS = re.compile(r"[\[,]\s*(?P<name>[A-Za-z_]\w*)\s*:\s*-\s*(?P=name)\s*[,\]]")
_REMOVED = re.compile(r"module 'numpy(?:\.lib)?' has no attribute '(?P<name>\w+)'")
_INSTEAD = {
    "int": "int", "float": "float", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "pad": "np.pad", "product": "np.prod", "cumproduct": "np.cumprod", "sometrue": "np.any", "alltrue": "np.all",
    "float_": "np.float64", "in1d": "np.isin", "row_stack": "np.vstack", "Inf": "np.inf", "NaN": "np.nan",
    "trapz": "np.trapezoid", "asscalar": "the method item()", "msort": "np.sort with axis=0",
}  # fmt: skip
"""What older versions of NumPy had, and what does the same today."""
_OF_ONE_NUMBER = ("only 0-dimensional arrays can be converted", "only length-1 arrays can be converted")
_RENAMED = re.compile(r"got an unexpected keyword argument '(?P<name>newshape|interpolation)'")
_CALLED_TODAY = {"newshape": "shape", "interpolation": "method"}
_NO_ENTRY = re.compile(r"[(,]\s*0\s*[,)]")


class Frame(NamedTuple):
    """A line that was being run when an exception was raised."""

    file: str
    line: int
    function: str
    text: str

    @property
    def shown(self) -> str:
        """The line as a student finds it."""
        text = self.text if len(self.text) <= _LONGEST_LINE else f"{self.text[:_LONGEST_LINE]}…"
        return f"{self.file}, line {self.line}" + (f": `{text}`" if text else "")


def at_own_line(failure: Failure, package: str, milestone: str = "") -> Failure:
    """Return a failure with a line of the student's, or with none where only given code was being run.

    Parameters
    ----------
    failure : Failure
        As it came back.
    package : str
        The name under which the solution of the package that the student's code is can be imported.
    milestone : str, optional
        The one that is being judged: what students wrote for earlier ones is given now, and not theirs.
    """
    frames = _frames(failure)
    if not isinstance(failure, StudentError | LimitExceeded) or not frames:
        return failure
    trace = failure.traceback_tail
    if milestone:
        frames = _without_given(frames, package, milestone)
        trace = "\n".join(trace.splitlines()[: len(frames)])
    own = _own(frames, package)
    if isinstance(failure, LimitExceeded):
        # what is called in a loop is run again and again: the loop is where time goes, and always the same line
        loops = [index for index in own if frames[index].text.startswith(("for ", "while "))]
        last = (loops or own or [-1])[-1]
        trace = "\n".join(trace.splitlines()[: last + 1])
        return LimitExceeded(failure.kind, failure.limit, str(failure), trace)
    file, line = (frames[own[-1]].file, frames[own[-1]].line) if own else (None, None)
    if own and _refuses(frames, own[-1]) and len(own) > 1:
        file, line = frames[own[-2]].file, frames[own[-2]].line
    return StudentError(
        failure.type_name,
        failure.message,
        file,
        line,
        trace,
        failure.not_implemented,
        failure.from_code,
    )


def in_words(failure: Failure, package: str) -> str:
    """Say what a failure means to the student whose code takes the place of the package of this name."""
    text = str(failure)
    if isinstance(failure, StudentError):
        if failure.not_implemented:
            what = failure.message.partition(": write this part")[0] or "a part of the code"
            where = f" ({failure.file}, line {failure.line})" if failure.file else ""
            return f"Not written yet: {what}{where}"
        if not failure.from_code:
            return failure.message  # many begin with a name: params is not Params
        if failure.file or failure.traceback_tail:
            return _stopped(failure, package)
    if isinstance(failure, LimitExceeded) and (frames := _frames(failure)):
        text += f", and was then in {frames[-1].shown}"
    return text[:1].upper() + text[1:]


def _frames(failure: Failure) -> list[Frame]:
    lines = failure.traceback_tail.splitlines() if isinstance(failure, StudentError | LimitExceeded) else []
    found = [match for match in map(_FRAME.fullmatch, lines) if match]
    return [Frame(m["file"], int(m["line"]), m["function"] or "", m["text"]) for m in found]


def _own(frames: Sequence[Frame], package: str) -> list[int]:
    return [i for i, frame in enumerate(frames) if is_students(frame.file, package)]


def _without_given(frames: list[Frame], package: str, milestone: str) -> list[Frame]:
    """Return the frames up to the last of this milestone's files, if those below it are in an earlier milestone's."""
    fenced, given = _files(package)
    earlier = fenced - _fenced(package, milestone)
    mine = [i for i, frame in enumerate(frames) if frame.file not in given or frame.file in fenced - earlier]
    if mine and any(frame.file in earlier for frame in frames[mine[-1] + 1 :]):
        return frames[: mine[-1] + 1]
    return frames


def _stopped(failure: StudentError, package: str) -> str:
    # The first line is the error; NumPy adds a page about what it has removed.
    what = f"{failure.type_name}: {failure.message.partition(chr(10))[0]}"
    frames = _frames(failure)
    if not frames:
        return f"Your code stopped with {failure}"
    own = _own(frames, package)
    if not own:
        return _in_given_code(frames, failure)
    last = own[-1]
    if _refuses(frames, last):
        if len(own) > 1:
            passes = frames[own[-2]]
            return f"{frames[last].function} cannot use what it is given in {passes.shown}. It says: {failure.message}"
        if last > 0:
            given = frames[last - 1]
            return (
                f"{frames[last].function} cannot use what {given.function} of the course gives it, "
                f"which comes from your code. It says: {failure.message}"
            )
    why = _empty_slice(failure, frames[last].text) or _removed_from_numpy(failure)
    return f"Your code stopped with {what} ({frames[last].shown}){why}"


def _removed_from_numpy(failure: StudentError) -> str:
    """Say what does the same as a name that older versions of NumPy had, where code stops for the lack of it."""
    missing = _REMOVED.search(failure.message)
    instead = _INSTEAD.get(missing["name"]) if missing else None
    if instead:
        return f"; older versions of NumPy had it, and {instead} does the same"
    renamed = _RENAMED.search(failure.message)
    if renamed:
        return f"; older versions of NumPy knew it, and it is called {_CALLED_TODAY[renamed['name']]} today"
    if failure.type_name == "TypeError" and failure.message.startswith(_OF_ONE_NUMBER):
        return "; an array with one number in it is no number: its method item() gives the number"
    return ""


def _empty_slice(failure: StudentError, line: str) -> str:
    """Say that a slice ``pad:-pad`` in a line is empty, where the error tells of an axis of length 0."""
    sliced = _FROM_BOTH_ENDS.search(line)
    if sliced is None or not _NO_ENTRY.search(failure.message):
        return ""
    name = sliced["name"]
    return f"; the slice {name}:-{name} is empty where {name} is 0"


def _refuses(frames: Sequence[Frame], last: int) -> bool:
    """Whether a function looked at its arguments, with one of the course's helpers, and did not take them."""
    return last + 1 < len(frames) and _is_private(frames[last + 1].file)


def _in_given_code(frames: Sequence[Frame], failure: StudentError) -> str:
    """Say what the course's code could not do: where it looks at an answer and refuses it, its reason is enough."""
    if frames[-1].text.startswith("raise"):
        return f"What your code gives cannot be used: {failure.message}"
    stopped = f"{failure.type_name}: {failure.message}"
    return f"What your code gives stops with {stopped}, when the course uses it"


def is_students(file: str, package: str) -> bool:
    """Return whether students write in a file: one with a task in it, or one that the course does not have."""
    fenced, given = _files(package)
    return file in fenced or file not in given


def _is_private(file: str) -> bool:
    """Whether a file, or a folder it lies in, has a name with one leading underscore."""
    return any(part.startswith("_") and not part.startswith("__") for part in file.split("/"))


@functools.cache
def _fenced(package: str, milestone: str) -> frozenset[str]:
    """Return the files of a package in which students of one milestone write."""
    root = reference_folder(package)
    mark = re.compile(rf"^\s*### (BEGIN SOLUTION {re.escape(milestone)}\b|ANSWERS )", re.MULTILINE)
    return frozenset(
        f"{root.name}/{path.relative_to(root).as_posix()}"
        for path in root.rglob("*.py")
        if mark.search(path.read_text(encoding="utf-8"))
    )


@functools.cache
def _files(package: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the files of a package in which students write, and all its files."""
    root = reference_folder(package)
    # named as in a hand-in: the solution may be imported under another name
    sources = {f"{root.name}/{path.relative_to(root).as_posix()}": path for path in root.rglob("*.py")}
    fenced = {name for name, path in sources.items() if _FENCE.search(path.read_text(encoding="utf-8"))}
    return frozenset(fenced), frozenset(sources)
