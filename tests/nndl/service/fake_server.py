"""A small grading service of the standard library, which can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-of-ada-0123456789"
CHECKS = [
    {"name": "f", "title": "f doubles", "points": 2, "max_points": 2, "passed": True},
    {
        "name": "g",
        "title": "g <i>halves</i>",
        "points": 0.5,
        "max_points": 3,
        "passed": False,
        "message": "wrong by a factor of two\x1b[2J",
        "hint": "read part 2 again",
    },
]
RESULT = {"score": 2.5, "max_score": 5, "counted_score": 3, "checks": CHECKS, "remarks": ["one remark"]}


class FakeService:
    """What the service has, and how it behaves.

    Attributes
    ----------
    faults : list
        What goes wrong with the next requests, one each: a status, ``(status, headers, bytes)``, ``"drop"``,
        ``"half"``, ``"huge"``, ``"drip"``, ``"nonsense"``, or None.
    states : list of dict
        What a hand-in is told one after the other; the last one stays.
    """

    def __init__(self) -> None:
        self.faults: list[Any] = []
        self.hand_ins: dict[str, dict[str, Any]] = {}
        self.bodies: list[bytes] = []
        self.requests: list[tuple[str, str, str]] = []
        self.milestones: dict[str, Any] = {
            "small": {"attempts_used": 2, "attempts_allowed": 10, "counts": "best"}
        }
        self.states: list[dict[str, Any]] = [
            {"state": "queued", "position": 12, "estimate_seconds": 40},
            {"state": "grading", "check": 5, "checks": 9, "check_name": "affine_forward"},
            {"state": "done", "result": RESULT},
        ]
        self.base = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return what a well-behaved service would say."""
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "This link has expired.", "what_to_do": "Ask for a new one."}
        if path == "/api/v1/me":
            return 200, {"student": "ada", "role": "student", "milestones": self.milestones}
        if method == "POST":
            return self._hand_in(headers, body)
        name = path.rpartition("/")[2].partition("?")[0]
        known = next((one for one in self.hand_ins.values() if one["id"] == name), None)
        if known is None:
            return 404, {"error": "no such hand-in"}
        step = min(known["asked"], len(self.states) - 1)
        known["asked"] += 1
        return 200, {"id": name, "receipt": known["receipt"], "tag": f"t{step}", **self.states[step]}

    def _hand_in(self, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        self.bodies.append(body)
        digest = hashlib.sha256(body).hexdigest()
        if headers.get("X-Digest") != f"sha256={digest}":
            return 422, {"error": "digest"}
        new = digest not in self.hand_ins
        if new:
            receipt = {
                "student": "ada",
                "milestone": "small",
                "received": "2026-11-29T08:00:00Z",
                "digest": f"sha256={digest}",
                "attempt": 3 + len(self.hand_ins),
                "attempts_allowed": 10,
                "late": False,
            }
            self.hand_ins[digest] = {"id": f"h{len(self.hand_ins)}", "receipt": receipt, "asked": 0}
        known = self.hand_ins[digest]
        return (202 if new else 200), {"id": known["id"], "receipt": known["receipt"]}


class _Handler(BaseHTTPRequestHandler):
    service: FakeService

    def do_GET(self) -> None:
        self._serve("GET", b"")

    def do_POST(self) -> None:
        fault = self.service.faults[0] if self.service.faults else None
        early = isinstance(fault, tuple) and fault[0] == 413
        self._serve("POST", b"" if early else self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, method: str, body: bytes) -> None:
        service = self.service
        service.requests.append((method, self.path, self.headers.get("Authorization", "")))
        fault = service.faults.pop(0) if service.faults else None
        if fault == "drop":
            self.connection.close()
            return
        if fault == "late drop":  # it has arrived, and the answer is lost
            service.answer(method, self.path, self.headers, body)
            self.connection.close()
            return
        if isinstance(fault, tuple):
            status, headers, data = fault
        elif isinstance(fault, int):
            status, headers, data = fault, {}, b"<html>proxy</html>"
        else:
            status, content = service.answer(method, self.path, self.headers, body)
            headers, data = {"Content-Type": "application/json"}, json.dumps(content).encode()
            if fault == "nonsense":
                data = b"[[[[["
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "huge":
            self.end_headers()
            self._pour()
            return
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "half":
            data = data[: len(data) // 2]
        if fault == "drip":
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        else:
            self.wfile.write(data)

    def _pour(self) -> None:
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            return


@contextmanager
def running(service: FakeService) -> Iterator[FakeService]:
    """Run a service on a free port of this machine."""
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        service.base = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
