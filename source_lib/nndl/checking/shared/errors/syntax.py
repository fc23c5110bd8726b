"""What a line that Python cannot read was meant to be: operators of other languages, misspelt words, a missing sign."""

from __future__ import annotations

import difflib
import itertools
import keyword
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

_OTHERS = (
    (r"\.\*", "*", "* multiplies entry by entry"),
    (r"\./", "/", "/ divides entry by entry"),
    (r"\.\^", "**", "a power is written with **"),
    (r"\*\s+\*", "**", "a power is written without a gap"),
    (r"\*\*\*+", "**", "a power is written with **"),
    (r"!==", "!=", ""),
    (r"===", "==", ""),
    (r"=>|>\s+=", ">=", ""),
    (r"=<|<\s+=", "<=", ""),
    (r"=!|!\s+=|<\s*>", "!=", ""),
    (r"=\s+=", "==", ""),
    (r"&&", "and", "for arrays, & between parentheses"),
    (r"\|\|", "or", "for arrays, | between parentheses"),
    (r"!(?!=)\s*", "not ", "for arrays, ~"),
    (r":=", "=", ""),
    (r"\+\s+=|\+\+=", "+=", ""),
    (r"-\s+=|--=", "-=", ""),
    (r"\*\s+=", "*=", ""),
    (r"/\s+=", "/=", ""),
    (r"\+\+", " += 1", "Python has no ++"),
    (r"--", " -= 1", "Python has no --"),
    (r"(?<=\d)\^", "**", "a power is written with **"),
    (r"\belse\s+if\b", "elif", ""),
    (r"\bthen\b", ":", ""),
    (r";", ":", ""),
    (r"//\s*[A-Za-z].*", "", "a remark begins with #"),
    (r"\\(?=\s*\S)", "", "nothing may follow the \\ at the end of a line"),
)
"""How something is written elsewhere or by mistake, how in Python, and what there is to add."""

_LONGEST, _MOST_TRIED = 400, 60
"""Each change is tried with the whole file: a longer line is data, and what is wrong in it is not told in a word."""

_NO_SIGN = re.compile(r"(?<=[\w)\]])\s+(?=[\w(])|(?<=\d)(?=[A-Za-z_(])")
"""Where two things stand side by side with no sign between them."""


def what_is_meant(error: SyntaxError) -> str:
    """Return with which small change Python can read the line of an error; nothing if there is none that is known."""
    try:
        text = Path(error.filename or "").read_text(encoding="utf-8")
    except (OSError, ValueError, TypeError):
        return ""
    lines, line = text.splitlines(), error.lineno
    if not isinstance(line, int) or not 0 < line <= len(lines) or isinstance(error, IndentationError):
        return ""
    broken = lines[line - 1]
    if len(broken) > _LONGEST:
        return ""
    tried = itertools.chain(_of_another_language(broken), _misspelt(broken), _without_a_sign(broken))
    found = (says for new, says in itertools.islice(tried, _MOST_TRIED) if _can_be_read(lines, line, new))
    return next(found, "")


def _of_another_language(line: str) -> Iterator[tuple[str, str]]:
    for pattern, right, why in _OTHERS:
        every = list(re.finditer(pattern, line))
        for found in every:
            new = line[: found.start()] + right + line[found.end() :]
            yield new, _sentence(found[0], right, why)
        if len(every) > 1:
            yield right.join(re.split(pattern, line)), _sentence(every[0][0], right, why)


def _misspelt(line: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"[A-Za-z]\w*", line):
        if not keyword.iskeyword(found[0]):
            for right in difflib.get_close_matches(found[0], keyword.kwlist, 2, _NEAR):
                yield line[: found.start()] + right + line[found.end() :], _sentence(found[0], right, "")


_NEAR = 0.75


def _without_a_sign(line: str) -> Iterator[tuple[str, str]]:
    for found in _NO_SIGN.finditer(line):
        left = re.findall(r"\w+|.", line[: found.start()])[-1]
        right = re.findall(r"\w+|.", line[found.end() :])[0]
        if not {left, right} & set(keyword.kwlist):
            says = f"between `{left}` and `{right}` stands neither an operator nor a comma"
            yield f"{line[: found.start()]} * {line[found.end() :]}", says


def _sentence(wrong: str, right: str, why: str) -> str:
    with_it = f"with `{right.strip()}` in the place of" if right else "without"
    return f"{with_it} `{wrong.strip()}` Python can read this line" + (f" ({why})" if why else "")


def _can_be_read(lines: list[str], line: int, new: str) -> bool:
    """Return whether the file can be read with another line in this place, at least up to a later error."""
    changed = [*lines]
    changed[line - 1] = new
    try:
        with warnings.catch_warnings():  # what Python warns of is told when the file is imported
            warnings.simplefilter("ignore")
            compile("\n".join(changed) + "\n", "<changed>", "exec", dont_inherit=True)
    except SyntaxError as error:  # a block that is not there any more is this line's doing
        return (error.lineno or 0) > line and not isinstance(error, IndentationError)
    except (ValueError, RecursionError, MemoryError):
        return False
    return True
