"""Only what answers the request exactly is taken for a reply."""

from __future__ import annotations

import pytest

from autograder.failures import (
    ProtocolViolation,
    StudentError,
)
from autograder.library.replies import check_reply

VALUE = {"result": "value"}
ERROR = {
    "type": "ValueError",
    "message": "m",
    "file": None,
    "line": None,
    "traceback": "",
    "not_implemented": False,
}


@pytest.mark.parametrize(
    ("reply", "fields"),
    [
        (None, VALUE),
        ([], VALUE),
        ({}, VALUE),
        ({"value": 1}, VALUE),
        ({"id": 8, "value": 1}, VALUE),
        ({"id": 7.0, "value": 1}, VALUE),
        ({"id": "7", "value": 1}, VALUE),
        ({"id": True, "value": 1}, VALUE),
        ({"id": 7}, VALUE),
        ({"id": 7, "value": 1, "score": 9}, VALUE),
        ({"id": 7, "value": 1, "error": ERROR}, VALUE),
        ({"id": 7, "handle": 1}, VALUE),
        ({"id": 7, "value": 1}, {"result": "handle"}),
        ({"id": 7, "value": 1}, {"result": "pair"}),
        ({"id": 7, "value": 1, "handle": 0}, {"result": "pair"}),
        ({"id": 7, "value": 1, "handle": -1}, {"result": "pair"}),
        ({"id": 7, "value": 1, "handle": True}, {"result": "pair"}),
        ({"id": 7, "value": 1, "handle": 2**63}, {"result": "pair"}),
        ({"id": 7, "error": None}, VALUE),
        ({"id": 7, "error": {}}, VALUE),
        ({"id": 7, "error": {**ERROR, "extra": 1}}, VALUE),
        ({"id": 7, "error": {**ERROR, "type": 3}}, VALUE),
        ({"id": 7, "error": {**ERROR, "line": 1.5}}, VALUE),
        ({"id": 7, "error": {**ERROR, "line": True}}, VALUE),
        ({"id": 7, "error": {**ERROR, "not_implemented": 1}}, VALUE),
    ],
)
def test_replies_that_fit_no_request_are_violations(reply, fields):
    with pytest.raises(ProtocolViolation):
        check_reply(reply, 7, "call", fields)


def test_replies_that_fit_pass():
    assert check_reply({"id": 7, "value": 1}, 7, "call", VALUE) == {"value": 1}
    assert check_reply({"id": 7, "handle": 1}, 7, "put", {}) == {"handle": 1}
    with pytest.raises(StudentError):
        check_reply({"id": 7, "error": dict(ERROR)}, 7, "call", VALUE)


def test_text_of_an_error_is_made_harmless():
    error = {**ERROR, "type": "T" * 10_000, "message": "\x1b[2J" + "m" * 100_000, "file": "a\x00b"}
    with pytest.raises(StudentError) as caught:
        check_reply({"id": 7, "error": error}, 7, "call", VALUE)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 10_000
    assert caught.value.file == "a\N{REPLACEMENT CHARACTER}b"
