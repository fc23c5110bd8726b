"""What a worker might send: valid messages with bytes changed, and replies with anything in any field."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from autograder.failures import Failure
from autograder.library.replies import check_reply
from autograder.sandbox.inside.protocol import Limits, NotAValue, ProtocolError, decode, encode

LIMITS = Limits(message_bytes=1 << 16, items=500, depth=12)

LEAVES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63 - 1, -(2**63), 0.5, float("nan"), "", "text", b"", b"\x00", "\ud800"),
    *(np.ones((2, 3)), np.zeros((0, 4), np.float32), np.arange(3), np.array(True), np.float32(1.5)),
)
NAMES = (
    "id",
    "value",
    "handle",
    "error",
    "type",
    "message",
    "file",
    "line",
    "traceback",
    "not_implemented",
    "x",
    "",
)


def value(rng: random.Random, depth: int = 0) -> Any:
    """Return a made-up value."""
    kind = rng.random()
    if depth > 4 or kind < 0.5:
        return rng.choice(LEAVES)
    items = [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind < 0.65:
        return items
    if kind < 0.75:
        return tuple(items)
    return {rng.choice(NAMES): item for item in items}


def changed(data: bytes, rng: random.Random) -> bytes:
    """Return a message with some of its bytes changed, left out, doubled or exchanged."""
    raw = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        if not raw:
            break
        i, j = sorted(rng.randrange(len(raw)) for _ in range(2))
        how = rng.randrange(5)
        if how == 0:
            raw[i] = rng.randrange(256)
        elif how == 1:
            del raw[i : j + 1]
        elif how == 2:
            raw[i:i] = raw[i : j + 1]
        elif how == 3:
            raw[i] ^= 1 << rng.randrange(8)
        else:
            raw[i : i + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\xdd\xff\xff\xff", b"\xc7\xff\x01\x00", b"\x00" * 4)
            )
    return bytes(raw)


def encoded(rng: random.Random) -> bytes:
    """Return the message of a made-up value that can be sent."""
    while True:
        try:
            return encode(value(rng))
        except (ProtocolError, NotAValue, ValueError, TypeError):
            continue


def try_protocol(rng: random.Random) -> str:
    """Decode a changed message: it is refused, or it is a value that can be sent again."""
    data = changed(encoded(rng), rng)
    try:
        decoded = decode(data, LIMITS)
    except ProtocolError:
        return ""
    except Exception as error:
        return f"{type(error).__name__} on {data[:200]!r}"
    try:
        encode(decoded)
    except Exception as error:
        return f"{type(error).__name__} on encoding again {data[:200]!r}"
    return ""


def try_replies(rng: random.Random) -> str:
    """Hold a made-up reply against a request: it has exactly the fields that were asked for, or it is a failure."""
    reply = {"id": 7, **{rng.choice(NAMES): value(rng) for _ in range(rng.randrange(1, 3))}}
    if rng.random() < 0.1:
        reply = value(rng)
    elif rng.random() < 0.3:
        reply["error"] = {name: rng.choice(LEAVES) for name in NAMES[4:10]}
        reply = {"id": 7, "error": reply["error"]}
    op, result = rng.choice((("call", "value"), ("call", "pair"), ("call", "handle"), ("put", "value")))
    try:
        read = check_reply(reply, 7, op, {"result": result})
    except Failure:
        return ""
    except Exception as error:
        return f"{type(error).__name__} on {reply!r:.300}"
    wanted = {"pair": {"value", "handle"}, "handle": {"handle"}, "value": {"value"}}
    if read.keys() != wanted["handle" if op == "put" else result]:
        return f"accepted {reply!r:.300} as the answer to {op} for a {result}"
    return ""
