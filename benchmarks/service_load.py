"""Hand-ins arrive at a running service as before a deadline: what is waited for, and what was foretold.

    python benchmarks/service_load.py                         500 hand-ins in 10 minutes, half of them in the last two
    python benchmarks/service_load.py --scale 0.2             100 hand-ins in 2 minutes, for every day
    python benchmarks/service_load.py --arrivals FILE         the arrivals that an earlier run has saved, once more

makes a course in a folder of its own with a class of simulated students, right ones and wrong ones, starts
`autograder serve` there, and hands in as `nndl.submit` does. All of it runs on this machine, the students too.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from nbgrader.api import Gradebook

from autograder.nbgrader_plugin.course import Course
from autograder.service import identity
from autograder.service.pace import enough, replayed
from autograder.service.settings import Service
from autograder.service.store import DONE, NOT_GRADED
from autograder.sources import Sources

CONFIG = """
from autograder import nbgrader_plugin
c = get_config()
nbgrader_plugin.configure(c)
c.RecordScores.data = "offline"
c.GradingService.url = "http://127.0.0.1:{port}"
c.GradingService.policies = {{"default": {{"attempts": None, "cool_down_after": None}}}}
c.GradingService.uploads = "1000/hour"
c.GradingService.strangers = "100000/minute"
"""
WARM_UP = 6
ALLOWED, SLACK, NEAR = 60.0, 1.2, 0.3
"""A hand-in may wait so many seconds, plus the work before it times this; an estimate is right within this share."""


@dataclass
class Waited:
    """One hand-in: seconds after the beginning, and what the service said of it first.

    ``graded`` is what the service itself noted, in the same seconds: when it was received, begun and finished.
    """

    arrived: float
    finished: float
    state: str
    before: int
    foretold: float | None
    between: tuple[float, float] | None = None
    graded: tuple[float, float, float] | None = None

    @property
    def seconds(self) -> float:
        """From the upload to the result."""
        return self.finished - self.arrived


def arrivals(count: int, seconds: float, seed: int = 0) -> list[float]:
    """Return when hand-ins come: half of them evenly in the first four fifths, half in the last one."""
    moment = random.Random(seed)
    early = [moment.uniform(0, 0.8 * seconds) for _ in range(count // 2)]
    late = [moment.uniform(0.8 * seconds, seconds) for _ in range(count - count // 2)]
    return sorted(early + late)


def rate(waited: Sequence[Waited], graders: int) -> float | None:
    """Return how many results a second there were while every grader had work; None if that was never so."""
    steps = sorted([(one.arrived, 1) for one in waited] + [(one.finished, -1) for one in waited])
    busy, done, there, since = 0.0, 0, 0, 0.0
    for at, step in steps:
        if there >= graders:
            busy += at - since
            done += step < 0
        there, since = there + step, at
    return done / busy if busy > 0 and done else None


def summary(waited: Sequence[Waited], takes: Sequence[float], graders: int) -> dict[str, Any]:
    """Return what is asked of a run.

    Parameters
    ----------
    waited : sequence of Waited
        In the order of arrival.
    takes : sequence of float
        How many seconds each was graded.
    graders : int
        How many are graded at once.
    """
    per_second = rate(waited, graders)
    usual = per_second or graders / statistics.fmean(takes)
    seconds = sorted(one.seconds for one in waited)
    within = sum(one.seconds <= ALLOWED + SLACK * one.before / usual for one in waited)
    told = [(one.foretold, one.seconds) for one in waited if one.foretold]
    ranges = [(one, one.between) for one in waited if one.between]
    long = [(said, was) for said, was in told if was >= 10]
    near = lambda pairs: share(sum(abs(was / said - 1) <= NEAR for said, was in pairs), len(pairs))  # noqa: E731
    first = waited[0].arrived
    at = [one.arrived for one in waited]
    # a grader's speed as it was with all of them at work, so that cores which share their time are not counted as whole
    each = [graders / usual] * len(at)
    return {
        "hand-ins": len(waited),
        "with a result": sum(one.state == DONE for one in waited),
        "could not be graded": sum(one.state == NOT_GRADED for one in waited),
        "graders": graders,
        "results a second while all were busy": per_second and round(per_second, 3),
        "seconds that grading one takes, median, mean, longest": [
            round(f(takes), 2) for f in (statistics.median, statistics.fmean, max)
        ],
        "seconds waited, median": round(statistics.median(seconds), 1),
        "seconds waited, 95 %": round(seconds[int(0.95 * (len(seconds) - 1))], 1),
        "seconds waited, longest": round(seconds[-1], 1),
        "waited as long as allowed at most": share(within, len(waited)),
        "estimates within 30 %": near(told),
        "estimates within 30 %, of those that waited 10 s or more": near(long),
        "estimates there were": len(told),
        "waited as long as the range said": share(
            sum(low <= one.seconds <= high for one, (low, high) in ranges), len(ranges)
        ),
        "within 30 % of the range": share(
            sum((1 - NEAR) * low <= one.seconds <= (1 + NEAR) * high for one, (low, high) in ranges),
            len(ranges),
        ),
        "width of a range, times its middle, median": ranges
        and round(
            statistics.median((high - low) / ((low + high) / 2 or 1.0) for _, (low, high) in ranges), 2
        ),
        "last result after the first arrival": round(max(one.finished for one in waited) - first, 1),
        "graders for the last result within a minute of the last arrival": next(
            (count for count in range(1, 65) if _last(at, each, count) <= at[-1] + ALLOWED), None
        ),
        "graders for nobody to wait over a minute": enough(at, each),
    }


def lags(looks: Sequence[tuple[float, dict[str, float]]]) -> list[float]:
    """Return how long after its result each hand-in was in the gradebook.

    Parameters
    ----------
    looks : sequence of (float, dict of str to float)
        From time to time: when, and for what was finished but not in the gradebook then, when it was finished.
    """
    found = []
    for (_, before), (at, now) in itertools.pairwise(looks):
        found += [at - finished for id, finished in before.items() if id not in now]
    return sorted(found)


def _last(at: Sequence[float], each: Sequence[float], graders: int) -> float:
    return max(begun + wait for begun, wait in zip(at, replayed(at, each, graders), strict=True))


def share(part: int, of: int) -> float | None:
    """Return a share of something; None of nothing."""
    return round(part / of, 4) if of else None


class Load:
    """A course with a class, and the service on it.

    Parameters
    ----------
    root : Path
        A new folder.
    milestone : str
    students : int
        How many hand in.
    workers : int
        How many are graded at once.
    """

    def __init__(self, root: Path, milestone: str, students: int, workers: int) -> None:
        self.root, self.milestone = root, milestone
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        (root / "nbgrader_config.py").write_text(CONFIG.format(port=self.port))
        sources = Sources()
        shutil.copytree(
            sources.assignment_folder(sources.milestone(milestone)), root / "assignments" / milestone
        )
        self._call("nbgrader", "generate_assignment", milestone)
        self._call("autograder", "simulate", milestone, str(root / "class"), "--data", "offline")
        self.archives = [self._packed(folder) for folder in sorted((root / "class").glob(f"*/{milestone}"))]
        self.service = Service(Course.around(root))
        self.people = [f"student{number:03}" for number in range(students)]
        with Gradebook(str(self.service.course.directory.db_url)) as gradebook:
            for name in self.people:
                gradebook.add_student(name)
        self.tokens = [identity.invite(self.service.store, name) for name in self.people]
        command = ["-m", "autograder", "serve", "--port", str(self.port), "--workers", str(workers)]
        self.process = subprocess.Popen([sys.executable, *command], cwd=root, env=self.environment)

    def _call(self, program: str, *arguments: str) -> None:
        path = Path(sys.executable).parent / program
        subprocess.run(
            [path, *arguments], cwd=self.root, env=self.environment, check=True, stdout=subprocess.DEVNULL
        )

    def _packed(self, folder: Path) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name != "timestamp.txt":
                    archive.write(path, path.relative_to(folder).as_posix())
        return made.getvalue()

    def archive(self, number: int) -> bytes:
        """Return a hand-in with a comment of its own, so that none is taken for another."""
        comment = f"{number} {time.time()}".encode()
        return self.archives[number % len(self.archives)][:-2] + len(comment).to_bytes(2, "little") + comment

    def ask(self, path: str, token: str, data: bytes | None = None) -> dict[str, Any]:
        """Ask, and ask again if there is no connection, as `nndl.submit` does."""
        headers = {"Authorization": f"Bearer {token}"}
        if data is not None:
            digest = hashlib.sha256(data).hexdigest()
            headers |= {"Content-Type": "application/zip", "X-Digest": f"sha256={digest}"}
        until = time.monotonic() + 180
        while True:
            request = urllib.request.Request(f"{self.base}/api/v1{path}", data, headers)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    found: dict[str, Any] = json.load(answer)
                return found
            except urllib.error.HTTPError:
                raise
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def hand_in(self, number: int, begun: float, waited: dict[int, Waited], failed: list[str]) -> None:
        """Hand in, and wait for the result."""
        token, arrived = self.tokens[number % len(self.tokens)], time.monotonic() - begun
        try:
            id = self.ask(f"/milestones/{self.milestone}/hand-ins", token, self.archive(number))["id"]
            state = first = self.ask(f"/hand-ins/{id}", token)
            while state["state"] in ("queued", "grading"):
                asked = time.monotonic()
                new = self.ask(f"/hand-ins/{id}?wait=20&after={state['tag']}", token)
                if new["tag"] == state["tag"]:
                    time.sleep(max(0.0, 1.0 - (time.monotonic() - asked)))
                state = new
        except OSError as error:
            failed.append(f"{type(error).__name__}: {error}")
            return
        waited[number] = Waited(
            round(arrived, 3),
            round(time.monotonic() - begun, 3),
            state["state"],
            (first["position"] or 1) - 1,
            first["estimate_seconds"],
            first["estimate_between"] and tuple(first["estimate_between"]),
            self._graded(id, time.time() - (time.monotonic() - begun)),
        )

    def _graded(self, id: str, began: float) -> tuple[float, float, float] | None:
        one = self.service.store.hand_in(id)
        if one is None or one.started is None or one.finished is None:
            return None
        received, started, finished = (
            round(at - began, 3) for at in (one.received, one.started, one.finished)
        )
        return received, started, finished

    def memory(self) -> dict[str, int]:
        """Return how many MiB the service's processes have, by what they do."""
        found: dict[str, int] = {}
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                words, size = " ".join(process.cmdline()), process.memory_info().rss >> 20
            except psutil.Error:
                continue
            for name, mark in {"web": "service.live", "graders": "processes.serve grade"}.items():
                if mark in words:
                    found[name] = found.get(name, 0) + size
            if "multiprocessing" in words and "resource_tracker" not in words:
                found["kept processes"] = found.get("kept processes", 0) + size
        return found

    def look_at_gradebook(self, looks: list[tuple[float, dict[str, float]]], over: threading.Event) -> None:
        """Note every half second what is not in the gradebook yet; see `lags`."""
        while not over.wait(0.5):
            missing = self.service.store.hand_ins(state=[DONE], recorded=False)
            looks.append((time.time(), {one.id: one.finished or 0.0 for one in missing}))

    def end(self) -> None:
        """End the service."""
        self.process.terminate()
        self.process.wait(60)
        self.service.store.close()


def played(load: Load, times: Sequence[float]) -> tuple[list[Waited], list[str], list[dict[str, int]]]:
    """Hand in at these times; return what was waited, what failed, and memory every five seconds."""
    warm: dict[int, Waited] = {}
    failed: list[str] = []
    for number in range(WARM_UP):
        load.hand_in(number, time.monotonic(), warm, failed)
    waited: dict[int, Waited] = {}
    memory: list[dict[str, int]] = []
    threads, begun, looked = [], time.monotonic(), 0.0
    for number, at in enumerate(times):
        while (left := begun + at - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            if time.monotonic() - looked > 5:
                memory.append(load.memory())
                looked = time.monotonic()
        threads.append(threading.Thread(target=load.hand_in, args=(WARM_UP + number, begun, waited, failed)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    memory.append(load.memory())
    return sorted(waited.values(), key=lambda one: one.arrived), failed, memory


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--milestone", default="linear_classifier")
    parser.add_argument("--hand-ins", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--scale", type=float, default=1.0, help="of hand-ins and minutes alike")
    parser.add_argument("--students", type=int, default=250)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--arrivals", type=Path, help="the file of an earlier run")
    parser.add_argument(
        "--gradebook", type=float, default=30.0, help="minutes that the gradebook is waited for"
    )
    parser.add_argument("--save", type=Path, help="where to write the arrivals and what came of them")
    given = parser.parse_args()
    span = 60 * given.minutes * given.scale
    times = arrivals(round(given.hand_ins * given.scale), span)
    if given.arrivals is not None:
        times = sorted(one["arrived"] for one in json.loads(given.arrivals.read_text())["each"])
    # what is being written to the gradebook may go on for a student after the service has ended
    with tempfile.TemporaryDirectory(prefix="service-load-", ignore_cleanup_errors=True) as folder:
        load = Load(Path(folder), given.milestone, given.students, given.workers)
        before = os.getloadavg()
        looks: list[tuple[float, dict[str, float]]] = []
        ended = threading.Event()
        looker = threading.Thread(target=load.look_at_gradebook, args=(looks, ended))
        looker.start()
        try:
            waited, failed, memory = played(load, times)
            over = time.monotonic()
            takes = [
                one.finished - one.started
                for one in load.service.store.hand_ins(state=[DONE, NOT_GRADED])[WARM_UP:]
                if one.finished is not None and one.started is not None
            ]
            left = len(load.service.store.hand_ins(state=[DONE, NOT_GRADED], recorded=False))
            found = summary(waited, takes, given.workers) | {
                "failed": len(failed),
                "load average before and after": [round(before[0], 2), round(os.getloadavg()[0], 2)],
                "MiB at first, at most, at last": {
                    name: [memory[0].get(name), max(one.get(name, 0) for one in memory), memory[-1].get(name)]
                    for name in ("web", "graders", "kept processes")
                },
                "not in the gradebook at the last result": left,
            }
            for name, value in found.items():
                print(f"{name}: {value}", flush=True)
            for line in sorted(set(failed)):
                print(f"failed: {line}")
            while load.service.store.hand_ins(state=[DONE, NOT_GRADED], recorded=False):
                if time.monotonic() - over > 60 * given.gradebook:
                    break
                time.sleep(2)
            after = round(time.monotonic() - over, 1)
            left = len(load.service.store.hand_ins(state=[DONE, NOT_GRADED], recorded=False))
            found["seconds after that, and not in the gradebook then"] = [after, left]
            print(f"not in the gradebook {after} s later: {left}")
            if behind := lags(looks):
                name = "seconds from result to gradebook, median, 95 %, longest"
                found[name] = [round(behind[int(part * (len(behind) - 1))], 1) for part in (0.5, 0.95, 1.0)]
                print(f"{name}: {found[name]}")
        finally:
            ended.set()
            looker.join()
            load.end()
    if given.save is not None:
        given.save.write_text(
            f'{{"summary": {json.dumps(found, indent=1)},\n"each": [\n'
            + ",\n".join(json.dumps(asdict(one)) for one in waited)
            + "\n]}\n"
        )


if __name__ == "__main__":
    main()
