"""Grammar of messages about several things: "the scores are wrong"."""

from __future__ import annotations

import re

_AFTER_THE_NOUN = re.compile(
    r"[,(]|\b(?:of|for|with|without|when|where|after|before|given|in|by|from|at|as|alone|shown|that|whose|is|are)\b"
)
_NOT_PLURAL = ("ss", "us", "is", "as")
_VERBS = {"is": "are", "has": "have", "was": "were", "does": "do"}


def is_plural(name: str) -> bool:
    """Whether what a message is about is several things, e.g. ``"the scores of three rows"``."""
    noun = _AFTER_THE_NOUN.split(name, maxsplit=1)[0].split()
    if not noun or noun[0] == "what" or not re.fullmatch(r"[A-Za-z]+", noun[-1]):
        return False
    return noun[-1].endswith("s") and not noun[-1].endswith(_NOT_PLURAL)


def in_the_plural(message: str, name: str) -> str:
    """Return a message that begins with ``name`` and a verb, with the verb in the plural."""
    rest = message[len(name) :].lstrip()
    verb, space, end = rest.partition(" ")
    if not message.startswith(name) or verb not in _VERBS:
        return message
    end = end.replace(": it is ", ": they are ").replace(": its ", ": their ")
    return f"{name} {_VERBS[verb]}{space}{end}"
