"""The wire format between the grader and the worker beside a student's code: values, and nothing else.

A message is msgpack with extension types for arrays, NumPy scalars, tuples and handles. Besides these it may
hold ``None``, booleans, 64-bit integers, floats (NaN and infinities included), strings, bytes, lists, and
dicts with string or integer keys. There is no way to name a type, a module or a function, so decoding a
message runs no code of its sender. Size, depth and number of items are checked before anything is built.

This file is shown in the sandbox: it must import nothing of ours and must hold no secret.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

ARRAY, SCALAR, TUPLE, HANDLE = 1, 2, 3, 4

_INTEGERS = ("|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
_FLOATS = ("<f2", "<f4", "<f8", "<c8", "<c16")
DTYPES: dict[str, np.dtype] = {code: np.dtype(code) for code in ("|b1", *_INTEGERS, *_FLOATS)}
"""The dtypes that can cross, all little-endian: booleans, integers, floats and complex numbers."""

_PLAIN: tuple[Any, ...] = (int, float, str, bytes)
_AS_THEY_ARE = frozenset((type(None), bool, *_PLAIN))
"""What msgpack packs and unpacks by itself."""
_TUPLE_MARK = object()
_LENGTH = struct.Struct(">Q")
_HANDLE_ID = struct.Struct(">Q")
_MAX_AXES = 32
_CHUNK, _AT_ONCE = 1 << 20, 4 << 20
"""Bytes that are sent in one go, and those for which there is room before any have come."""


class ProtocolError(Exception):
    """A message or value breaks the rules of this format."""


class NotAValue(ProtocolError):
    """A value cannot be encoded; the message names its type."""


class TooLarge(ProtocolError):
    """A message or frame exceeds a limit; ``limit`` is that limit."""

    def __init__(self, message: str, limit: int):
        super().__init__(message)
        self.limit = limit


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays with the worker; ``id`` is a number that the worker chose."""

    id: int


@dataclass(frozen=True)
class Limits:
    """What one message may hold.

    Attributes
    ----------
    message_bytes : int, default 64 MiB
        Length of the encoded message.
    depth : int, default 16
        How deep containers may be nested.
    items : int, default 100 000
        Values of any kind, containers and keys included; an array counts as one.
    """

    message_bytes: int = 64 << 20
    depth: int = 16
    items: int = 100_000


DEFAULT_LIMITS = Limits()


def encode(
    value: Any,
    limits: Limits = DEFAULT_LIMITS,
    *,
    convert: Callable[[Any], Any] | None = None,
) -> bytes:
    """Return ``value`` as a message.

    Subclasses of the permitted types are sent as their base type, arrays in C order and little-endian.

    Parameters
    ----------
    value : object
        What to send.
    limits : Limits
        What the receiver accepts.
    convert : callable, optional
        Called with each value of an unknown type; returns what to send instead, or ``NotImplemented``.

    Raises
    ------
    NotAValue
        If something in ``value`` is of a type that cannot cross.
    TooLarge
        If the message exceeds a limit.
    """
    try:
        plain = _Encoder(limits, convert).plain(value, 0)
        data = msgpack.packb(plain, use_bin_type=True, strict_types=True)
    except (ValueError, OverflowError, UnicodeEncodeError) as error:
        raise NotAValue(f"cannot be sent: {error}") from None
    if len(data) > limits.message_bytes:
        raise TooLarge(f"message of {len(data)} bytes; {limits.message_bytes} allowed", limits.message_bytes)
    return data


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, *, handles: bool = True) -> Any:
    """Return the value that a message holds, in fresh, writable arrays.

    Parameters
    ----------
    data : bytes
        One whole message.
    limits : Limits
        Exceeding one is an error before anything is built.
    handles : bool, default True
        Whether the message may hold a `Handle`.

    Raises
    ------
    ProtocolError
        If the message is malformed, holds anything not permitted, or has bytes left over.
    TooLarge
        If it exceeds a limit.
    """
    if len(data) > limits.message_bytes:
        raise TooLarge(f"message of {len(data)} bytes; {limits.message_bytes} allowed", limits.message_bytes)
    return _Decoder(limits, handles).message(data)


class _Encoder:
    """Turns one value into what msgpack packs, counting items on the way."""

    def __init__(self, limits: Limits, convert: Callable[[Any], Any] | None):
        self.limits = limits
        self.convert = convert
        self.items = 0

    def plain(self, value: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.limits.items:
            raise TooLarge(f"more than {self.limits.items} items", self.limits.items)
        if depth > self.limits.depth:
            raise TooLarge(f"nested more than {self.limits.depth} deep", self.limits.depth)
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind is np.ndarray:
            return msgpack.ExtType(ARRAY, _array_bytes(value))
        if kind is dict or kind is list or kind is tuple:
            return self.container(value, depth + 1)
        # before the built-in types: np.float64 is a float
        if isinstance(value, np.ndarray):
            if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
                raise NotAValue("a masked array with masked entries is not a value that can be sent")
            return msgpack.ExtType(ARRAY, _array_bytes(value))
        if isinstance(value, np.generic) and not isinstance(value, str | bytes):
            code = _dtype_code(value.dtype)
            return msgpack.ExtType(SCALAR, _HEADERS[code] + value.astype(DTYPES[code]).tobytes())
        for base in _PLAIN:
            if isinstance(value, base):
                return base(value)
        if isinstance(value, Handle):
            return msgpack.ExtType(HANDLE, _HANDLE_ID.pack(value.id))
        if isinstance(value, list | tuple | dict):
            return self.container(value, depth + 1)
        replaced = NotImplemented if self.convert is None else self.convert(value)
        if replaced is NotImplemented:
            raise NotAValue(f"an object of type {type(value).__name__} is not a value that can be sent")
        return self.plain(replaced, depth + 1)

    def container(self, value: Any, depth: int) -> Any:
        """Return what to pack of a list, a tuple or a dict; ``depth`` is that of what it holds."""
        if isinstance(value, dict):
            return {self.key(key): self.plain(item, depth) for key, item in value.items()}
        items = [self.plain(item, depth) for item in value]
        # a tuple is marked by its first element, not nested as bytes: each level would be copied again
        return [_TUPLE, *items] if isinstance(value, tuple) else items

    def key(self, key: Any) -> str | int:
        self.items += 1
        if type(key) is str:
            return key
        if isinstance(key, str):
            return str(key)
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            return int(key)
        raise NotAValue(f"a dict key must be a string or an integer, but one is a {type(key).__name__}")


_TUPLE = msgpack.ExtType(TUPLE, b"")
_CODES = {dtype: code for code, dtype in DTYPES.items()}


def _dtype_code(dtype: np.dtype) -> str:
    code = _CODES.get(dtype) or dtype.newbyteorder("<").str
    if code not in DTYPES:
        raise NotAValue(f"an array of dtype {dtype} is not a value that can be sent")
    return code


_HEADERS = {code: bytes([len(code)]) + code.encode("ascii") for code in DTYPES}


def _array_bytes(array: np.ndarray) -> bytes:
    code = _dtype_code(array.dtype)
    shape = array.shape
    if len(shape) > _MAX_AXES:
        raise NotAValue(f"an array of {len(shape)} axes cannot be sent; {_MAX_AXES} is the most")
    raw = np.asarray(array, dtype=DTYPES[code], order="C")  # joined without a copy in between
    return b"".join((_HEADERS[code], bytes([len(shape)]), struct.pack(f">{len(shape)}Q", *shape), raw.data))


class _Unusual(Exception):
    """A message that `_Decoder.quickly` leaves to the thorough way."""


class _Decoder:
    """Reads one message by recursive descent, so that limits hold before any container is built."""

    def __init__(self, limits: Limits, handles: bool):
        self.limits = limits
        self.handles = handles
        self.items = 0

    def message(self, data: bytes) -> Any:
        # An item takes at least one byte: a short message cannot hold too many, however it is read.
        if len(data) <= self.limits.items:
            with contextlib.suppress(Exception):
                return self.quickly(data)
        return self.thoroughly(data)

    def quickly(self, data: bytes) -> Any:
        """Let msgpack build all of a short message; anything that might be wrong with it is an exception."""
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,
            object_pairs_hook=_usual_dict,
            list_hook=_usual_list,
            ext_hook=self.extension,
            timestamp=0,
        )
        _require_usual(value, self.limits.depth)
        return value

    def thoroughly(self, data: bytes) -> Any:
        """Read a message item by item, so that no limit is passed and every error has a name."""
        unpacker = msgpack.Unpacker(
            raw=False, max_buffer_size=max(len(data), 1), ext_hook=msgpack.ExtType, timestamp=0
        )
        try:
            unpacker.feed(data)
            value = self.value(self.read(unpacker, data, 0))
            end = unpacker.tell()
        except ProtocolError:
            raise
        except (ValueError, TypeError, OverflowError, BufferError, msgpack.UnpackException) as error:
            raise ProtocolError(f"malformed message: {type(error).__name__}") from None
        if end != len(data):
            raise ProtocolError("malformed message: bytes left over")
        return value

    def read(self, unpacker: msgpack.Unpacker, data: bytes, depth: int) -> Any:
        self.count(1)
        if depth > self.limits.depth:
            raise TooLarge(f"nested more than {self.limits.depth} deep", self.limits.depth)
        at = unpacker.tell()
        if at >= len(data):
            raise ProtocolError("malformed message: ends early")
        first = data[at]
        if 0x90 <= first <= 0x9F or first in (0xDC, 0xDD):
            return self.read_list(unpacker, data, depth)
        if 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):
            return self.read_dict(unpacker, data, depth)
        value = unpacker.unpack()
        if type(value) is msgpack.ExtType:
            return self.extension(value.code, value.data)
        if value is not None and type(value) not in (bool, int, float, str, bytes):
            raise ProtocolError(f"malformed message: {type(value).__name__} is not permitted")
        return value

    def read_list(self, unpacker: msgpack.Unpacker, data: bytes, depth: int) -> list[Any] | tuple[Any, ...]:
        length = self.room(unpacker.read_array_header())
        items = [self.read(unpacker, data, depth + 1) for _ in range(length)]
        if any(item is _TUPLE_MARK for item in items[1:]):
            raise ProtocolError("malformed tuple")
        return tuple(items[1:]) if items and items[0] is _TUPLE_MARK else items

    def read_dict(self, unpacker: msgpack.Unpacker, data: bytes, depth: int) -> dict[str | int, Any]:
        result: dict[str | int, Any] = {}
        for _ in range(self.room(unpacker.read_map_header())):
            key = self.read(unpacker, data, depth + 1)
            if type(key) not in (str, int):
                raise ProtocolError("malformed message: a dict key must be a string or an integer")
            if key in result:
                raise ProtocolError("malformed message: the same dict key twice")
            result[key] = self.value(self.read(unpacker, data, depth + 1))
        return result

    def value(self, value: Any) -> Any:
        """Refuse the mark of a tuple anywhere except at the start of a list."""
        if value is _TUPLE_MARK:
            raise ProtocolError("malformed tuple")
        return value

    def count(self, number: int) -> None:
        self.items += number
        if self.items > self.limits.items:
            raise TooLarge(f"more than {self.limits.items} items", self.limits.items)

    def room(self, length: int) -> int:
        """Refuse a container that is announced longer than the rest of the budget, before reading it."""
        if self.items + length > self.limits.items:
            raise TooLarge(f"more than {self.limits.items} items", self.limits.items)
        return length

    def extension(self, code: int, payload: bytes) -> Any:
        if code == ARRAY:
            return self.array(payload)
        if code == SCALAR:
            dtype, at = self.dtype(payload)
            if len(payload) - at != dtype.itemsize:
                raise ProtocolError("malformed scalar: wrong size")
            return _values(payload, dtype, at)[0]
        if code == TUPLE and not payload:
            return _TUPLE_MARK
        if code == HANDLE and self.handles:
            if len(payload) != _HANDLE_ID.size:
                raise ProtocolError("malformed handle")
            return Handle(_HANDLE_ID.unpack(payload)[0])
        raise ProtocolError(f"malformed message: extension {code} is not permitted")

    def dtype(self, payload: bytes) -> tuple[np.dtype, int]:
        end = 1 + payload[0] if payload else 0
        dtype = DTYPES.get(payload[1:end].decode("ascii", "replace"))
        if dtype is None or len(payload) < end:
            raise ProtocolError("malformed array: dtype is not permitted")
        return dtype, end

    def array(self, payload: bytes) -> np.ndarray:
        dtype, at = self.dtype(payload)
        if len(payload) <= at or payload[at] > _MAX_AXES:
            raise ProtocolError("malformed array: number of axes")
        axes, at = payload[at], at + 1
        if len(payload) < at + 8 * axes:
            raise ProtocolError("malformed array: shape")
        shape = struct.unpack_from(f">{axes}Q", payload, at)
        at += 8 * axes
        # Python integers: a product of 64-bit lengths must not wrap round to a small size
        if math.prod(shape) * dtype.itemsize != len(payload) - at or any(n > 2**40 for n in shape):
            raise ProtocolError("malformed array: shape and size differ")
        return _values(payload, dtype, at).reshape(shape)


_USUAL = _AS_THEY_ARE | {np.ndarray, Handle, *(dtype.type for dtype in DTYPES.values())}


def _usual_dict(pairs: list[tuple[Any, Any]]) -> dict[str | int, Any]:
    made = dict(pairs)
    if len(made) != len(pairs) or any(type(key) is not str and type(key) is not int for key in made):
        raise _Unusual
    return made


def _usual_list(items: list[Any]) -> list[Any] | tuple[Any, ...]:
    if not items or items[0] is not _TUPLE_MARK:
        return items  # with a mark somewhere else it is not usual, see `_require_usual`
    return tuple(items[1:])


def _require_usual(value: Any, depth: int) -> None:
    """Raise an exception if a value is nested too deeply or holds anything that must not cross."""
    kind = type(value)
    if kind in _USUAL and depth >= 0:
        return
    if depth < 0 or (kind is not list and kind is not dict and kind is not tuple):
        raise _Unusual
    for item in value.values() if kind is dict else value:
        if type(item) not in _USUAL or not depth:
            _require_usual(item, depth - 1)


def _values(payload: bytes, dtype: np.dtype, at: int) -> np.ndarray:
    if dtype.kind == "b" and payload[at:].strip(b"\x00\x01"):
        # a boolean byte other than 0 and 1 has no defined meaning to NumPy
        raise ProtocolError("malformed array: a boolean is neither 0 nor 1")
    return np.frombuffer(payload, dtype=dtype, offset=at).copy()


def write_frame(channel: socket.socket, message: bytes, deadline: float | None = None) -> None:
    """Send ``message`` preceded by its length.

    Parameters
    ----------
    channel : socket
        A connected stream socket.
    message : bytes
        One encoded message.
    deadline : float, optional
        Time of `time.monotonic` at which to give up.

    Raises
    ------
    TimeoutError
        If the deadline passes first.
    OSError
        If the other side has gone.
    """
    length = _LENGTH.pack(len(message))
    for piece in (length + message,) if len(message) <= _CHUNK else (length, message):
        view = memoryview(piece)
        while view:
            _require_time(deadline)
            try:
                view = view[channel.send(view[:_CHUNK], 0 if deadline is None else socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                _wait(channel, select.POLLOUT, deadline)


def read_frame(channel: socket.socket, limit: int, deadline: float | None = None) -> bytes:
    """Return the next message from ``channel``.

    Memory grows with what has arrived, never with what is announced.

    Raises
    ------
    TooLarge
        If the announced length exceeds ``limit``; then nothing of the message has been read.
    EOFError
        If the other side closes before a whole message has arrived.
    TimeoutError
        If the deadline passes first.
    """
    length = _LENGTH.unpack(_receive(channel, _LENGTH.size, deadline))[0]
    if length > limit:
        raise TooLarge(f"message of {length} bytes; {limit} allowed", limit)
    return _receive(channel, length, deadline)


def _receive(channel: socket.socket, length: int, deadline: float | None) -> bytes:
    flags = 0 if deadline is None else socket.MSG_DONTWAIT
    data, there = bytearray(min(length, _AT_ONCE)), 0
    while there < length:
        _require_time(deadline)
        if there == len(data):
            data += bytes(min(length - there, there))
        try:
            with memoryview(data) as whole:
                came = channel.recv_into(whole[there:], 0, flags)
        except BlockingIOError:
            _wait(channel, select.POLLIN, deadline)
            continue
        if not came:
            raise EOFError("the channel was closed")
        there += came
    return bytes(data)


def _require_time(deadline: float | None) -> float:
    """Return the seconds until a deadline; TimeoutError if there are none."""
    left = math.inf if deadline is None else deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


def _wait(channel: socket.socket, event: int, deadline: float | None) -> None:
    """Wait until something can be read, or written, but not longer than to the deadline."""
    left = _require_time(deadline)
    waiting = select.poll()
    waiting.register(channel.fileno(), event)
    if not waiting.poll(None if math.isinf(left) else left * 1000):
        raise TimeoutError("the deadline has passed")
