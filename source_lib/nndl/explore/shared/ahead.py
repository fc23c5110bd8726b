"""Use the time in which nobody moves a control: prepare the pictures that the next move may ask for.

A kernel runs cells and moves one after the other, or, where a front end asks for it, in two threads, which the scene's
lock keeps apart. What is prepared comes in small pieces, so that a move waits for one of them at most; a cell that runs
ends it. What student code prints or raises meanwhile is not shown: it will be when a move asks
for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .scene import Scene

_PAUSE, _BETWEEN = 0.3, 0.02  # seconds: after a move, and between two pieces
_LONGEST, _IN_ALL = 1.0, 10.0
"""Seconds of processor time: a longer piece is the last one, and after so many the rest is left to the moves."""


def next_values(control: Any) -> list[Any]:
    """Return the values that one move of a control can lead to, the nearest first."""
    if hasattr(control, "options"):
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        here = values.index(control.value)
        order = sorted(range(len(values)), key=lambda place: abs(place - here))
        return [values[place] for place in order if place != here]
    if all(hasattr(control, name) for name in ("min", "max", "step")):
        near = (control.value + control.step, control.value - control.step)
        return [value for value in near if control.min <= value <= control.max]
    return []


class Ahead:
    """Prepares what the next moves ask for.

    Parameters
    ----------
    scene : Scene
    controls : mapping
        Setting → its widget.
    """

    def __init__(self, scene: Scene, controls: Mapping[str, Any]) -> None:
        self._scene = scene
        self._controls = controls
        self._left = _IN_ALL
        self._waiting: Iterator[Callable[[], Any]] = iter(())
        self._turn = 0

    def start(self) -> None:
        """Prepare the neighbours of what is shown now, as soon as nothing has happened for a moment."""
        self.stop()
        turn = self._turn
        settings = {name: control.value for name, control in self._controls.items()}
        # what is computed and what is drawn are two pieces: a move waits for one of them at most
        self._waiting = iter(
            functools.partial(piece, **after)
            for after in self.moves(settings)
            for piece in (self._scene.result, self._scene.look)
        )
        self._later(_PAUSE, turn)

    def stop(self) -> None:
        """Prepare nothing more until the next start."""
        # Who waits for another turn does nothing. Cells and moves may come in different threads.
        self._turn += 1

    def moves(self, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the settings after one move of one control, the nearest of each control first."""
        lists = [[(name, value) for value in next_values(c)] for name, c in self._controls.items()]
        longest = max(map(len, lists), default=0)
        return [{**settings, one[i][0]: one[i][1]} for i in range(longest) for one in lists if i < len(one)]

    def prepare_one(self) -> bool:
        """Do the next piece; return whether it is worth going on."""
        piece = next(self._waiting, None)
        if piece is None or self._left <= 0:
            return False
        begin = time.thread_time()
        state = np.random.get_state()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                piece()
        except Exception:  # whoever moves there is told
            return False
        finally:
            np.random.set_state(state)
        taken = time.thread_time() - begin
        self._left -= taken
        return taken < _LONGEST

    def _later(self, seconds: float, turn: int) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel that waits for messages
            return
        loop.call_later(seconds, self._go_on, turn)

    def _go_on(self, turn: int) -> None:
        with self._scene.lock:  # a cell that begins waits here, and then finds its turn over
            if turn == self._turn and self.prepare_one():
                self._later(_BETWEEN, turn)
