"""Pictures in the text of untrusted cells: pasted ones, and those that other editors write into the text itself.

Each becomes an attachment under a plain name, with a reference that every page shows. Pictures that cannot be kept are
named, so that somebody can look at them where they were handed in.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from nndl.hand_in.pictures import with_other_names

from .outputs import plain

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_BEGIN = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_BASE64 = re.compile(r"[A-Za-z0-9+/]++={0,2}+")
_BLANKS = str.maketrans("", "", " \t\r\n")
_DATA = re.compile(r"<?data:image/(png|jpe?g|gif|webp);base64,([A-Za-z0-9+/]++={0,2}+)>?")
_IMG = re.compile(
    r"<img\s[^<>]{0,1000}?\bsrc\s{0,3}=\s{0,3}[\"']?attachment:([A-Za-z0-9._-]{1,120})[^<>]{0,1000}>"
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MOST = 50
_ONE = 12_000_000
_ENCODE_URI = "!'()*~;,/?:@&=+$#"
"""What JavaScript's ``encodeURI``, with which Jupyter writes references, leaves as it is."""


@dataclass
class PictureBudget:
    """How many characters of pictures may still be kept of one notebook, and how many files may be looked for."""

    left: int = 40_000_000
    files: int = 200

    def take(self, encoded: str) -> bool:
        """Return whether a picture may be kept, and count it."""
        if len(encoded) > min(self.left, _ONE):
            return False
        self.left -= len(encoded)
        return True


@dataclass
class Illustrated:
    """A text, its pictures by the names that it uses, and what could not be kept of them."""

    source: str
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


Files = Callable[[str], bytes | None]
"""Gives the content of a file that was handed in beside the notebook; None if it was not, or is too large."""


def no_files(name: str) -> None:
    """Stand for an upload with nothing beside the notebook."""


def illustrated(source: str, attachments: Any, budget: PictureBudget, files: Files = no_files) -> Illustrated:
    """Return a text with its pictures as attachments.

    Parameters
    ----------
    source : str
        What a student wrote.
    attachments : object
        Whatever the notebook has under this name.
    budget : PictureBudget
        The notebook's.
    files : callable
        Where the pictures are that the text shows as files.
    """
    result = Illustrated(source)
    spelled = _keep_pasted(attachments, result, budget)
    result.source = with_other_names(result.source, lambda name: _from_file(name, result, budget, files))
    result.source = _DATA.sub(lambda found: _inline(found, result, budget), result.source)
    used = _refer(result, spelled)
    result.source = _IMG.sub(r"![picture](attachment:\1)", result.source)
    for name in result.attachments:
        if name not in used and f"attachment:{name}" not in result.source:
            result.source += f"\n\n![{name}](attachment:{name})"
    return result


def _keep_pasted(value: Any, result: Illustrated, budget: PictureBudget) -> dict[str, str]:
    """Keep the valid attachments, and return how a text may refer to each: spelling → new name."""
    spelled: dict[str, str] = {}
    for number, (name, bundle) in enumerate(value.items() if isinstance(value, dict) else ()):
        name = plain(name)
        kept = next(_pictures(bundle), None) if number < _MOST else None
        if kept is None or not budget.take(kept[1]):
            result.lost.append(name[:60])
            continue
        mime, encoded = kept
        new = name if _PLAIN_NAME.fullmatch(name) else _new_name(result, mime)
        result.attachments[new] = {mime: encoded}
        for spelling in (name, quote(name), quote(name, safe=_ENCODE_URI), html.escape(name)):
            spelled.setdefault(spelling, new)
    return spelled


def _pictures(bundle: Any) -> Iterator[tuple[str, str]]:
    """Yield type and content of each valid picture of an attachment."""
    for mime in _SUFFIXES if isinstance(bundle, dict) else ():
        encoded = plain(bundle.get(mime)).translate(_BLANKS)
        if _BASE64.fullmatch(encoded):
            yield mime, encoded


def _from_file(name: str, result: Illustrated, budget: PictureBudget, files: Files) -> str | None:
    """Make an attachment of a picture in a file, and return the reference to it."""
    budget.files -= 1
    data = files(name) if len(result.attachments) < _MOST and budget.files >= 0 else None
    mime = next((mime for mime, begin in _BEGIN.items() if data is not None and begin.match(data)), None)
    if data is None or mime is None:
        result.lost.append(name[:60])
        return None
    encoded = base64.b64encode(data).decode()
    if not budget.take(encoded):
        result.lost.append(name[:60])
        return None
    new = _new_name(result, mime)
    result.attachments[new] = {mime: encoded}
    return f"attachment:{new}"


def _new_name(result: Illustrated, mime: str) -> str:
    number = len(result.attachments) + 1
    while (name := f"picture-{number}.{_SUFFIXES[mime]}") in result.attachments:
        number += 1
    return name


def _inline(found: re.Match[str], result: Illustrated, budget: PictureBudget) -> str:
    """Make an attachment of a picture that stands in the text."""
    mime = "image/" + found[1].replace("jpg", "jpeg")
    if len(result.attachments) >= _MOST or not budget.take(found[2]):
        result.lost.append(f"a picture in the text, {mime}")
        return "(a picture that was too large)"
    name = _new_name(result, mime)
    result.attachments[name] = {mime: found[2]}
    return f"attachment:{name}"


def _refer(result: Illustrated, spelled: dict[str, str]) -> set[str]:
    """Let all references use the new names; return which are used."""
    used: set[str] = set()
    if not spelled:
        return used
    longest_first = sorted(spelled, key=len, reverse=True)
    reference = re.compile("<?attachment:(" + "|".join(map(re.escape, longest_first)) + ")>?")

    def renamed(found: re.Match[str]) -> str:
        used.add(spelled[found[1]])
        return f"attachment:{spelled[found[1]]}"

    result.source = reference.sub(renamed, result.source)
    return used
