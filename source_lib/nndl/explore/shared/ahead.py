"""Use the time in which nobody moves a control: prepare the pictures that the next move may ask for.

A kernel runs cells and moves one after the other, or, where a front end asks for it, in two threads, which the scene's
lock keeps apart. What is prepared comes in small pieces, so that a move waits for one of them at most; a cell that runs
ends it. What student code prints or raises meanwhile is not shown: it will be when a move asks
for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .scene import Scene

_PAUSE, _BETWEEN = 0.1, 0.005
"""Seconds: after a move, which in a drag is longer than until the next move, and between two pieces."""
_LONGEST, _MOST = 1.0, 3.0
"""Seconds of processor time: a longer piece is the last one, and after so many the rest is left to the next move."""


def next_values(control: Any, onward: bool = True) -> list[Any]:
    """Return the values that few moves of a control can lead to, the nearest first, and of two the one onward."""
    way = 1 if onward else -1
    if hasattr(control, "options"):
        values = _choices(control)
        here = values.index(control.value)
        order = sorted(range(len(values)), key=lambda place: (abs(place - here), -way * place))
        return [values[place] for place in order if place != here]
    if all(hasattr(control, name) for name in ("min", "max", "step")):
        near = (control.value + steps * control.step for steps in (way, -way, 2 * way, -2 * way))
        return [value for value in near if control.min <= value <= control.max]
    return []


def _is_onward(control: Any, before: Any) -> bool:
    """Return whether a control has come to its value from a lower one."""
    if hasattr(control, "options"):
        values = _choices(control)
        return before not in values or values.index(before) < values.index(control.value)
    return bool(before < control.value)


def _choices(control: Any) -> list[Any]:
    return [option[1] if isinstance(option, tuple) else option for option in control.options]


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
        self._left = 0.0
        self._waiting: Iterator[Callable[[], Any]] = iter(())
        self._turn = 0

    def start(self, before: Mapping[str, Any] | None = None) -> None:
        """Prepare the neighbours of what is shown now, as soon as nothing has happened for a moment.

        Parameters
        ----------
        before : mapping, optional
            The settings before the last move. Whoever has moved a control is likely to move it on.
        """
        self.stop()
        turn, self._left = self._turn, _MOST
        # a move waits for one piece at most
        self._waiting = itertools.chain.from_iterable(
            self._scene.pieces(**after) for after in self.moves(before or {})
        )
        self._later(_PAUSE, turn)

    def stop(self) -> None:
        """Prepare nothing more until the next start."""
        # Who waits for another turn does nothing. Cells and moves may come in different threads.
        self._turn += 1

    def moves(self, before: Mapping[str, Any] = MappingProxyType({})) -> list[dict[str, Any]]:
        """Return the settings after a move of one control: the one moved last goes on, then the nearest of each."""
        settings = {name: control.value for name, control in self._controls.items()}
        moved = [name for name in settings if name in before and before[name] != settings[name]]
        lists = []
        for name in sorted(settings, key=lambda name: name not in moved):
            control = self._controls[name]
            onward = name not in moved or _is_onward(control, before[name])
            lists.append([settings | {name: value} for value in next_values(control, onward)])
        longest = max(map(len, lists), default=0)
        return [one[i] for i in range(longest) for one in lists if i < len(one)]

    def prepare_one(self) -> bool:
        """Do the next piece; return whether it is worth going on."""
        if self._left <= 0:
            return False
        begin = time.thread_time()
        state = np.random.get_state()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                piece = next(self._waiting, None)
                if piece is None:
                    return False
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
