"""Where the processor time of grading one submission goes, stage by stage, in milliseconds.

    python benchmarks/stages.py [--repeats 3] [--save after]

Each kind of submission is graded once to warm up and then a few times; the middle one counts. What the same answers
have shown before is not used, as if nobody had given them. Processor time, not time on the clock, so that other work on
the machine matters little. ``--save`` keeps them in ``benchmarks/stages.json`` under a name; ``docs/performance.md`` is
made of that file by ``benchmarks/performance_page.py``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from autograder.grading import case_memory, given_code, grade
from autograder.judging import judge, milestone_content, second_judgement
from autograder.library import local
from autograder.library.remote import transport
from autograder.proofs import simulated_class, strength
from autograder.sandbox import watchdog, worker_sandbox
from autograder.sources import Sources

FILE = Path(__file__).with_name("stages.json")
STAGES = (
    "reading the hand-in",
    "sandbox: starting",
    "sandbox: the student's answers",
    "reference values",
    "naming mistakes",
    "requests and encoding",
    "check bodies",
    "looking for copied code",
    "watchdogs and the end",
    "everything else",
)
KINDS = {
    "fc_net, right": ("fc_net", ()),
    "fc_net, one mistake": ("fc_net", (0,)),
    "two_layer_net, right": ("two_layer_net", ()),
    "two_layer_net, one mistake": ("two_layer_net", (0,)),
}


class Clock:
    """Processor time by stage; time in an inner stage does not count for the outer one, unless that holds all."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._stack: list[str] = []
        self._last = time.thread_time()

    def _switch(self) -> None:
        now = time.thread_time()
        self.spent[self._stack[-1] if self._stack else STAGES[-1]] += now - self._last
        self._last = now

    @contextlib.contextmanager
    def stage(self, name: str, holds_all: bool = False) -> Iterator[None]:
        """Count what runs in the block; with ``holds_all`` also what would count for another stage."""
        if self._stack and self._stack[-1].startswith("="):
            yield
            return
        self._switch()
        self._stack.append(f"={name}" if holds_all else name)
        try:
            yield
        finally:
            self._switch()
            self._stack.pop()

    def wrap(self, owner: Any, attribute: str, name: str, holds_all: bool = False) -> None:
        """Have each call of a function count for a stage."""
        inner = getattr(owner, attribute, None)
        if inner is None:  # of another version
            return

        @functools.wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name, holds_all):
                return inner(*args, **kwargs)

        setattr(owner, attribute, timed)

    def total(self) -> dict[str, float]:
        """Return seconds by stage, up to now."""
        self._switch()
        return {name.lstrip("="): seconds for name, seconds in self.spent.items()}


def instrument() -> Callable[[], Clock]:
    """Wrap the stages; return what begins a new clock."""
    current = Clock()

    class Handed:
        """Passes on to the clock of the moment."""

        def __getattr__(self, name: str) -> Any:
            return getattr(current, name)

    clock = Handed()
    wrap = functools.partial(Clock.wrap, clock)  # type: ignore[arg-type]
    wrap(grade, "apart", STAGES[0])
    wrap(worker_sandbox.Sandbox, "__init__", STAGES[1])
    wrap(worker_sandbox.Sandbox, "wait_until_ready", STAGES[1])
    wrap(worker_sandbox.Sandbox, "close", STAGES[8])
    wrap(local._LocalTransport, "request", STAGES[3])
    with contextlib.suppress(ImportError):
        from autograder.library import shared_answers

        wrap(shared_answers._SharedTransport, "request", STAGES[3])
    wrap(second_judgement, "name_bugs", STAGES[4], True)
    wrap(transport.WorkerTransport, "request", STAGES[5])
    wrap(judge, "_judge", STAGES[6])
    wrap(second_judgement, "run_check", STAGES[6])
    wrap(given_code, "copied", STAGES[7])
    _watch_sandboxes(clock)
    case_memory.CaseMemory.about = lambda *_: None  # type: ignore[method-assign]

    def begin() -> Clock:
        nonlocal current
        current = Clock()
        return current

    return begin


def _watch_sandboxes(clock: Any) -> None:
    """Count what the processes in a sandbox use until it is ready, and after that."""
    started: dict[int, float] = {}
    ready, kill = worker_sandbox.Sandbox.wait_until_ready, watchdog.Watchdog.kill

    def used(init: int) -> float:
        return watchdog.cpu_seconds(watchdog.process_tree(init))

    def when_ready(self: Any) -> None:
        first = not self._ready
        ready(self)
        if first:
            started[self.init] = used(self.init)
            clock.spent[STAGES[1]] += started[self.init]

    def when_killed(self: Any) -> None:
        if self._init in started:
            clock.spent[STAGES[2]] += used(self._init) - started.pop(self._init)
        kill(self)

    worker_sandbox.Sandbox.wait_until_ready = when_ready  # type: ignore[method-assign]
    watchdog.Watchdog.kill = when_killed  # type: ignore[method-assign]


def measure(
    begin: Callable[[], Clock], folder: Path, settings: grade.Settings, repeats: int
) -> dict[str, float]:
    """Return milliseconds by stage."""
    grade.grade_folder(folder, "warm", settings)
    rounds = []
    for _ in range(repeats):
        clock, own = begin(), time.process_time() - time.thread_time()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = grade.grade_folder(folder, "timed", settings)
        assert report is not None
        assert report["verdict"] == "graded", report["reason"]
        spent = clock.total()
        spent[STAGES[8]] = spent.get(STAGES[8], 0) + time.process_time() - time.thread_time() - own
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        forked = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
        # What was forked to read, and bubblewrap itself, which is a child that has been waited for.
        spent[STAGES[0]] = spent.get(STAGES[0], 0) + forked
        rounds.append(spent)
    return {name: 1000 * statistics.median(r.get(name, 0.0) for r in rounds) for name in STAGES}


def floor(milestone_name: str, repeats: int) -> float:
    """Return the milliseconds that the student's functions take by themselves, in one process without a sandbox."""
    milestone = Sources().milestone(milestone_name)
    library = strength.reference(milestone)
    server = library._transport._server  # type: ignore[attr-defined]
    spent = 0.0

    def timed(inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(**fields: Any) -> Any:
            nonlocal spent
            start = time.thread_time()
            try:
                return inner(**fields)
            finally:
                spent += time.thread_time() - start

        return call

    for name in dir(server):
        if name.startswith("_do_"):
            setattr(server, name, timed(getattr(server, name)))
    found = []
    for _ in range(repeats + 1):
        spent = 0.0
        strength.grade_in_process(library, milestone, 5, name_bugs=False)
        found.append(spent)
    return 1000 * statistics.median(found[1:])


@click.command()
@click.option("--repeats", default=3, show_default=True)
@click.option("--save", default="", help="Keep the figures in stages.json under this name.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only these.")
def main(repeats: int, save: str, kinds: tuple[str, ...]) -> None:
    """Print the table, and save it if asked to."""
    begin = instrument()
    table: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for kind in kinds or KINDS:
            milestone_name, mistakes = KINDS[kind]
            milestone = Sources().milestone(milestone_name)
            bugs = milestone_content.bugs(milestone)
            folder = Path(name) / kind.replace(" ", "_") / milestone_name
            member = simulated_class.Member(kind, tuple(bugs[i].edited for i in mistakes), net=None)
            simulated_class.hand_in(folder, milestone, member, {})
            settings = grade.Settings(milestone, seed=5, data="offline")
            table[kind] = measure(begin, folder, settings, repeats)
            table[kind]["floor"] = floor(milestone_name, repeats)
    for stage in (*STAGES, "floor"):
        click.echo(f"{stage:34}" + "".join(f"{table[kind][stage]:10.0f}" for kind in table))
    totals = {kind: sum(table[kind][stage] for stage in STAGES) for kind in table}
    click.echo(f"{'in all':34}" + "".join(f"{totals[kind]:10.0f}" for kind in table))
    if save:
        kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
        FILE.write_text(json.dumps(kept | {save: table}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
