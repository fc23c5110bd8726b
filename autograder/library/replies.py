"""Checks that a reply answers the request. Nothing in a reply is used before it has passed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..failures import ProtocolViolation, StudentError
from ..sandbox.inside.protocol import Handle, encode
from .kept import Described

_TEXT, _NAME = 4000, 100
_TELLS_NOTHING = frozenset({"settle", "seed", "set", "set_item", "compiled", "borrow"})
"""What only does something; a value there would be read by nobody, and could be of any length."""


def check_reply(reply: Any, number: int, op: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a decoded message if it is the reply to request ``number``.

    Parameters
    ----------
    reply : object
        What came.
    number, op, fields : int, str, mapping
        The request: its number, its operation and its fields.

    Raises
    ------
    StudentError
        If the reply reports an exception.
    ProtocolViolation
        If it is not a reply, is a reply to another request, or does not have exactly the fields of such a reply.
    """
    if type(reply) is not dict or type(reply.get("id")) is not int or reply["id"] != number:
        raise ProtocolViolation("the reply does not belong to the request")
    del reply["id"]
    if reply.keys() == {"error"}:
        raise _student_error(reply["error"])
    result = "handle" if op == "put" else fields.get("result", "value")
    if reply.keys() != {"pair": {"value", "handle"}, "handle": {"handle"}, "value": {"value"}}[result]:
        raise ProtocolViolation("the reply has the wrong fields")
    if op in _TELLS_NOTHING and reply["value"] is not None:
        raise ProtocolViolation("the reply says something where nothing was asked")
    if "handle" in reply and (type(reply["handle"]) is not int or not 0 < reply["handle"] < 2**63):
        raise ProtocolViolation("the reply refers to nothing")
    if holds_handle(reply.get("value")):
        raise ProtocolViolation("the reply holds a reference where a value belongs")
    return reply


def told_of_puts(reply: Any) -> tuple[frozenset[int], dict[int, Any]]:
    """Take out of a reply what it tells of what was put: what is still as it was, and what is held now.

    Raises
    ------
    ProtocolViolation
        If these are anything but numbers, and values by numbers.
    """
    if type(reply) is not dict:
        return frozenset(), {}
    still, held = reply.pop("still", []), reply.pop("held", {})
    if type(still) is not list or type(held) is not dict or holds_handle(held):
        raise ProtocolViolation("the reply tells in a wrong form of what was put")
    if not all(type(number) is int for number in (*still, *held)):
        raise ProtocolViolation("the reply tells in a wrong form of what was put")
    return frozenset(still), held


def same_values(a: Any, b: Any) -> bool:
    """Return whether two values that came back are the same, whatever they are: arrays in lists and dicts, too."""
    if isinstance(a, Described) or isinstance(b, Described):
        return bool(a == b)
    return encode(a) == encode(b)


def holds_handle(value: Any) -> bool:
    """Return whether a reference is in a value."""
    if isinstance(value, dict):
        return any(holds_handle(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(holds_handle(item) for item in value)
    return isinstance(value, Handle)


def _student_error(error: Any) -> StudentError:
    kinds: dict[str, tuple[type, ...]] = {
        "type": (str,),
        "message": (str,),
        "file": (str, type(None)),
        "line": (int, type(None)),
        "traceback": (str,),
        "not_implemented": (bool,),
    }
    if type(error) is not dict or error.keys() != kinds.keys():
        raise ProtocolViolation("the error reply has the wrong fields")
    if any(type(error[name]) not in allowed for name, allowed in kinds.items()):
        raise ProtocolViolation("the error reply has a field of the wrong type")
    clean: dict[str, Any] = {
        key: _printable(value) if type(value) is str else value for key, value in error.items()
    }
    return StudentError(
        clean["type"][:_NAME],
        clean["message"],
        clean["file"],
        clean["line"],
        clean["traceback"],
        clean["not_implemented"],
        from_code=True,
    )


def _printable(text: str) -> str:
    """Shorten ``text`` and replace control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text[:_TEXT])
