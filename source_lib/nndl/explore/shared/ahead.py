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
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .scene import Scene

_PAUSE, _BETWEEN, _REST = 0.1, 0.005, 1.0
"""Seconds: after a move, which in a drag is longer than until the next move; between two pieces; and before what is
less likely, for whoever moves one control step by step should not wait for pictures of the others."""
_LIKELY = 3
"""Moves of a control that has been moved: one onward, one back, another onward."""
_LONGEST, _MOST = 1.0, 3.0
"""Seconds of processor time: a longer piece is the last one, and after so many the rest is left to the next move."""

Settings = dict[str, Any]


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
        self._waiting: Iterator[Callable[[], Any] | float] = iter(())
        self._turn = 0

    def start(self, before: Mapping[str, Any] | None = None) -> None:
        """Prepare the neighbours of what is shown now, after a move as soon as nothing has happened for a moment.

        Parameters
        ----------
        before : mapping, optional
            The settings before the last move, if there was one. Whoever has moved a control is likely to move it on.
        """
        self.stop()
        self._left = _MOST
        self._waiting = self._pieces(before or {})
        self._later(_PAUSE if before else _BETWEEN, self._turn)

    def stop(self) -> None:
        """Prepare nothing more until the next start."""
        # Who waits for another turn does nothing. Cells and moves may come in different threads.
        self._turn += 1

    def moves(
        self, before: Mapping[str, Any] = MappingProxyType({})
    ) -> tuple[list[Settings], list[Settings]]:
        """Return the settings after a move of the control that was moved last, and after one of any other control.

        The nearest value of each control comes first.
        """
        settings = {name: control.value for name, control in self._controls.items()}
        likely: list[Settings] = []
        others = []
        for name, control in self._controls.items():
            if name in before and before[name] != settings[name]:
                values = next_values(control, _is_onward(control, before[name]))
                likely += [settings | {name: value} for value in values]
            else:
                others.append([settings | {name: value} for value in next_values(control)])
        longest = max(map(len, others), default=0)
        return likely, [one[i] for i in range(longest) for one in others if i < len(one)]

    def _pieces(self, before: Mapping[str, Any]) -> Iterator[Callable[[], Any] | float]:
        """Give what is to be done, and between them seconds to wait."""
        likely, others = self.moves(before)
        for after in likely[:_LIKELY]:
            yield from self._scene.pieces(**after)
        if likely:
            yield _REST
        for after in (*others, *likely[_LIKELY:]):
            yield from self._scene.pieces(**after)

    def prepare_one(self) -> float | None:
        """Do the next piece; return after how many seconds to go on, None if it is not worth it."""
        if self._left <= 0:
            return None
        begin = time.thread_time()
        state = np.random.get_state()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                piece = next(self._waiting, None)
                if piece is None or isinstance(piece, float):
                    return piece
                piece()
        except Exception:  # whoever moves there is told
            return None
        finally:
            np.random.set_state(state)
        taken = time.thread_time() - begin
        self._left -= taken
        return _BETWEEN if taken < _LONGEST else None

    def _later(self, seconds: float, turn: int) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel that waits for messages
            return
        loop.call_later(seconds, self._go_on, turn)

    def _go_on(self, turn: int) -> None:
        with self._scene.lock:  # a cell that begins waits here, and then finds its turn over
            seconds = self.prepare_one() if turn == self._turn else None
            if seconds is not None:
                self._later(seconds, turn)
