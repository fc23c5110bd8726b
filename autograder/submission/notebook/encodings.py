"""Text from bytes that some editor or tool stored in whatever encoding it prefers."""

from __future__ import annotations

import codecs
import re

# the longer mark first: UTF-32 (little endian) begins with the mark of UTF-16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# where the zeros are if a text without a mark begins with two ASCII characters
_ZEROS = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_WINDOWS = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(0x80, 0x100)
}
"""Stray byte, as Python's ``surrogateescape`` marks it → its character in Windows-1252, or else in Latin-1."""
_STRAY = re.compile("[\udc80-\udcff]")


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text that bytes stand for, and the name of the encoding: UTF-8 unless they say otherwise.

    Bytes that are not valid in UTF-8 are read as Windows-1252, which contains Latin-1: an editor may also have
    changed only some of a file's text.

    Raises
    ------
    ValueError
        If the bytes are marked as UTF-16 or UTF-32 and are not valid in it.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, errors="replace" if name == "utf-8-sig" else "strict"), name.upper()
    zeros = tuple(byte == 0 for byte in data[:4])
    for there, name in _ZEROS.items():
        if zeros == there:
            return data.decode(name), name.upper()
    text = data.decode("utf-8", errors="surrogateescape")
    if text.isascii():
        return text, "UTF-8"
    if not _STRAY.search(text):  # `translate` is slow
        return text, "UTF-8"
    return text.translate(_WINDOWS), "Windows-1252"


def one_kind_of_line(text: str) -> str:
    """Return a text with the line ends of Unix."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
