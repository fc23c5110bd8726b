"""What crosses comes back the same; what must not cross is refused before it costs anything."""

from __future__ import annotations

import math
import pickle
import socket
import struct
import threading
import time
from collections import OrderedDict, namedtuple

import hypothesis.extra.numpy as arrays
import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox.inside.protocol import (
    DTYPES,
    Handle,
    Limits,
    NotAValue,
    ProtocolError,
    TooLarge,
    decode,
    encode,
    read_frame,
    write_frame,
)

DTYPE = st.sampled_from(sorted(DTYPES)).map(np.dtype)
ARRAY = DTYPE.flatmap(
    lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
SCALAR = DTYPE.flatmap(lambda d: arrays.arrays(d, ())).map(lambda a: a[()])
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.integers(0, 2**64 - 1).map(Handle)
    | ARRAY
    | SCALAR
)
VALUE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(-(2**63), 2**63 - 1), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a, b):
    """Equality of type, dtype, shape and every bit, with NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


@given(VALUE)
def test_values_come_back_the_same(value):
    assert same(decode(encode(value)), value)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_protocol_error(data):
    try:
        value = decode(data)
    except ProtocolError:
        return
    assert same(decode(encode(value)), value)


@given(VALUE, st.data())
def test_a_changed_byte_gives_a_value_or_a_protocol_error(value, data):
    message = bytearray(encode(value))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] ^= data.draw(st.integers(1, 255))
    try:
        decode(bytes(message))
    except ProtocolError:
        return


@given(VALUE)
def test_a_shortened_message_is_an_error(value):
    message = encode(value)
    with pytest.raises(ProtocolError):
        decode(message[:-1])
    with pytest.raises(ProtocolError):
        decode(message + b"\xc0")


def test_arrays_are_fresh_writable_and_in_c_order():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    back = decode(encode(array))
    assert back.flags.c_contiguous
    assert back.flags.writeable
    assert back.flags.owndata or back.base.flags.owndata
    np.testing.assert_array_equal(back, array)


def test_strides_byte_order_and_subclasses_do_not_cross():
    plain = np.arange(10, dtype=np.int32)
    for sent in (np.repeat(plain, 2)[::2], plain.astype(">i4"), plain.view(np.recarray), np.ma.array(plain)):
        back = decode(encode(sent))
        assert type(back) is np.ndarray
        assert back.dtype == np.dtype("<i4")
        np.testing.assert_array_equal(back, plain)
    Point = namedtuple("Point", "x y")
    assert decode(encode([Point(1, 2), OrderedDict(a=1), np.str_("s")])) == [(1, 2), {"a": 1}, "s"]


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        len,
        iter([]),
        1j,
        2**64,
        -(2**63) - 1,
        "\ud800",
        {(1, 2): 3},
        {True: 1},
        {None: 1},
        {1.5: 1},
        np.array([object()]),
        np.array(["a"]),
        np.zeros(2, dtype=[("a", int)]),
        np.zeros(2, dtype="datetime64[s]"),
        np.longdouble(1),
        [[{"deep": object()}]],
    ],
)
def test_objects_that_are_not_values_are_refused(value):
    with pytest.raises(ProtocolError):
        encode(value)


def test_the_refusal_names_the_type():
    class Net:
        pass

    with pytest.raises(NotAValue, match="type Net"):
        encode({"a": [Net()]})
    with pytest.raises(NotAValue, match="masked entries"):
        encode({"out": np.ma.masked_array([1.0, 2.0], mask=[False, True])})
    with pytest.raises(NotAValue, match="dtype object"):
        encode(np.array([Net()]))


def test_convert_stands_in_for_unknown_types():
    class Tensor:
        pass

    def convert(thing):
        return np.ones(2) if isinstance(thing, Tensor) else NotImplemented

    np.testing.assert_array_equal(decode(encode([Tensor()], convert=convert))[0], [1.0, 1.0])
    with pytest.raises(NotAValue):
        encode(object(), convert=convert)


@pytest.mark.parametrize("side", ["encode", "decode"])
def test_limits_hold_on_both_sides(side):
    loose, tight = Limits(), Limits(message_bytes=1000, depth=3, items=20)

    def cross(value):
        return encode(value, tight) if side == "encode" else decode(encode(value, loose), tight)

    cross([[[1]]])
    cross(list(range(19)))
    cross(np.zeros(100))
    for value, limit in (([[[[1]]]], 3), (list(range(20)), 20), (np.zeros(200), 1000), (((((1,),),),), 3)):
        with pytest.raises(TooLarge) as caught:
            cross(value)
        assert caught.value.limit == limit


def test_items_are_counted_over_the_whole_message_and_with_keys():
    limits = Limits(items=10)
    decode(encode({"a": 1, "b": 2}), limits)
    with pytest.raises(TooLarge):
        decode(encode([[1, 2, 3], [1, 2, 3], [1, 2, 3]]), limits)
    with pytest.raises(TooLarge):
        decode(encode(dict.fromkeys("abcde", 1)), limits)


@pytest.mark.parametrize(
    "head", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdc\xff\xff" * 40_000, b"\x91" * 10_000_000]
)
def test_an_announced_size_costs_nothing(head):
    start = time.process_time()
    with pytest.raises(ProtocolError):
        decode(head)
    assert time.process_time() - start < 5  # building what is announced would take minutes, or all memory


def array_message(code, shape, payload):
    header = bytes([len(code)]) + code.encode() + bytes([len(shape)]) + struct.pack(f">{len(shape)}Q", *shape)
    return msgpack.packb(msgpack.ExtType(1, header + payload))


@pytest.mark.parametrize(
    ("code", "shape", "payload"),
    [
        ("<f8", (2,), bytes(15)),
        ("<f8", (2,), bytes(17)),
        ("<f8", (2**61, 8), b""),
        ("<f8", (2**64 - 1,), b""),
        ("<f8", (0, 2**63), b""),
        ("<f8", (1,) * 33, bytes(8)),
        ("|O", (1,), bytes(8)),
        ("|V8", (1,), bytes(8)),
        ("<U2", (1,), bytes(8)),
        ("<M8[s]", (1,), bytes(8)),
        (">f8", (1,), bytes(8)),
        ("float64", (1,), bytes(8)),
        ("<f8,<f8", (1,), bytes(16)),
        ("|b1", (2,), b"\x01\x02"),
        ("", (1,), bytes(8)),
    ],
)
def test_malformed_arrays_are_refused(code, shape, payload):
    with pytest.raises(ProtocolError):
        decode(array_message(code, shape, payload))


def test_well_formed_arrays_made_by_the_same_helper_are_read():
    np.testing.assert_array_equal(decode(array_message("<f8", (2,), bytes(16))), [0.0, 0.0])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        msgpack.packb(msgpack.ExtType(5, b"")),
        msgpack.packb(msgpack.ExtType(2, b"\x03<f8" + bytes(7))),
        msgpack.packb(msgpack.ExtType(2, b"")),
        msgpack.packb(msgpack.ExtType(4, bytes(7))),
        msgpack.packb(msgpack.ExtType(3, b"")),
        msgpack.packb([1, msgpack.ExtType(3, b"")]),
        msgpack.packb([msgpack.ExtType(3, b"x"), 1]),
        msgpack.packb({"a": msgpack.ExtType(3, b"")}),
        msgpack.packb(msgpack.Timestamp(1, 2)),
        b"\x82\xa1a\x01\xa1a\x02",
        b"\x81\x90\x01",
        b"\x81\xc0\x01",
        b"\x81\xcb" + bytes(8) + b"\x01",
        b"\xa2\xff\xfe",
        b"\xc1",
        pickle.dumps([1, 2]),
    ],
)
def test_other_messages_are_refused(data):
    with pytest.raises(ProtocolError):
        decode(data)


def test_handles_are_refused_where_none_may_come():
    message = encode({"value": [Handle(3)]})
    assert decode(message) == {"value": [Handle(3)]}
    with pytest.raises(ProtocolError):
        decode(message, handles=False)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_frames_keep_messages_apart(pair):
    ours, theirs = pair
    messages = [b"", b"a", bytes(3 << 20)]

    def send():
        for message in messages:
            write_frame(theirs, message)

    thread = threading.Thread(target=send)
    thread.start()
    assert [read_frame(ours, 4 << 20) for _ in messages] == messages
    thread.join()


def test_a_frame_beyond_the_limit_is_refused_by_its_head(pair):
    ours, theirs = pair
    theirs.sendall(struct.pack(">Q", 2**63))
    with pytest.raises(TooLarge) as caught:
        read_frame(ours, 100)
    assert caught.value.limit == 100


def test_deadlines_are_for_the_whole_frame(pair):
    ours, theirs = pair
    theirs.sendall(struct.pack(">Q", 100))
    stop = threading.Event()

    def trickle():
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    with pytest.raises(TimeoutError):
        read_frame(ours, 1000, time.monotonic() + 0.2)
    stop.set()
    thread.join()
    with pytest.raises(TimeoutError):
        write_frame(ours, bytes(64 << 20), time.monotonic() + 0.1)


def test_an_end_in_the_middle_of_a_frame_is_an_error(pair):
    ours, theirs = pair
    theirs.sendall(struct.pack(">Q", 100) + b"x")
    theirs.close()
    with pytest.raises(EOFError):
        read_frame(ours, 1000)
