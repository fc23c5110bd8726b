"""Hand-ins arriving at a running service as before a deadline; prints what was waited for and what was foretold.

    python benchmarks/service_load.py http://127.0.0.1:8017 fc_net hand-in.zip tokens.txt --hand-ins 500 --minutes 10

Half of the hand-ins come in the last fifth of the time. ``tokens.txt`` has a token in each line; each hand-in is the
archive with a comment of its own, so that none is taken for another. The course's policy must allow so many.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import threading
import time
import urllib.request
from typing import Any


def arrivals(count: int, seconds: float, seed: int = 0) -> list[float]:
    """Return when hand-ins come: half of them evenly in the first four fifths, half in the last one."""
    moment = random.Random(seed)
    early = [moment.uniform(0, 0.8 * seconds) for _ in range(count // 2)]
    late = [moment.uniform(0.8 * seconds, seconds) for _ in range(count - count // 2)]
    return sorted(early + late)


def with_comment(archive: bytes, text: str) -> bytes:
    """Return a zip archive with this comment at its end."""
    comment = text.encode()
    return archive[:-2] + len(comment).to_bytes(2, "little") + comment


def ask(url: str, token: str, data: bytes | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    if data is not None:
        headers |= {
            "Content-Type": "application/zip",
            "X-Digest": f"sha256={hashlib.sha256(data).hexdigest()}",
        }
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def one(base: str, milestone: str, token: str, data: bytes, results: list[dict[str, Any]]) -> None:
    """Hand in, and wait for the result."""
    begun = time.monotonic()
    id = ask(f"{base}/api/v1/milestones/{milestone}/hand-ins", token, data)["id"]
    state = ask(f"{base}/api/v1/hand-ins/{id}", token)
    first = state
    while state["state"] in ("queued", "grading"):
        state = ask(f"{base}/api/v1/hand-ins/{id}?wait=20&after={state['tag']}", token)
    waited = time.monotonic() - begun
    results.append({"waited": waited, "foretold": first["estimate_seconds"], "state": state["state"]})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base")
    parser.add_argument("milestone")
    parser.add_argument("archive")
    parser.add_argument("tokens")
    parser.add_argument("--hand-ins", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    with open(given.archive, "rb") as file:
        archive = file.read()
    with open(given.tokens) as lines:
        tokens = lines.read().split()
    results: list[dict[str, Any]] = []
    threads, begun = [], time.monotonic()
    for number, at in enumerate(arrivals(given.hand_ins, 60 * given.minutes)):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        data = with_comment(archive, f"{time.time()} {number}")
        token = tokens[number % len(tokens)]
        threads.append(threading.Thread(target=one, args=(given.base, given.milestone, token, data, results)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    total = time.monotonic() - begun
    waited = sorted(result["waited"] for result in results)
    told = [result for result in results if result["foretold"]]
    off = [abs(result["waited"] / result["foretold"] - 1) for result in told]
    done = sum(result["state"] == "done" for result in results)
    print(f"{given.hand_ins} sent, {len(results)} answered, {done} with a result")
    print(f"last result {total:.0f} s after the first arrival; {len(results) / total:.2f} a second")
    if waited:
        p95 = waited[int(0.95 * (len(waited) - 1))]
        print(
            f"waited: median {statistics.median(waited):.1f} s, 95 % at most {p95:.1f} s, longest {waited[-1]:.1f} s"
        )
    if off:
        near = sum(one <= 0.3 for one in off) / len(off)
        print(f"foretold for {len(off)} of them; within 30 % for {near:.0%}")


if __name__ == "__main__":
    main()
