"""Write to the channel by hand, in place of the worker; the test fills in what."""

import os
import pickle
import struct
import sys
import time

import msgpack


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /scratch/unpickled",))


def _frame(data):
    return struct.pack(">Q", len(data)) + data


def _number():
    """Return the id of the request that is being answered, from the worker's own frames."""
    frame = sys._getframe()
    while frame is not None:
        if "number" in frame.f_locals and "request" in frame.f_locals:
            return frame.f_locals["number"]
        frame = frame.f_back
    return 1


def _channel():
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                return int(name)
        except OSError:
            continue
    raise LookupError("no channel")


def _send(data):
    channel = _channel()
    while data:
        data = data[os.write(channel, data) :]


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        self._reply(_number())
        time.sleep(60)

    def _reply(self, number):
        _send(b"")  # PAYLOAD


USED = (msgpack, pickle, _frame)
