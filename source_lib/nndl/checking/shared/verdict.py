"""What a check says of the code as it is at this moment, in one word."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .errors.once_more import once_more as listen
from .known_mistakes import Findings, listening
from .limit import Stopped, time_limit
from .model import Check, Note, Remark


@contextlib.contextmanager
def quietly() -> Iterator[Findings]:
    """Let nothing be seen of what a check does inside the block, and leave streams of random numbers as they are."""
    with (
        _random_numbers(),
        listening() as findings,
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield findings


@contextlib.contextmanager
def _random_numbers() -> Iterator[None]:
    """Leave Python's, NumPy's and, if it is there, PyTorch's streams of random numbers as they are."""
    own, of_numpy = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    of_torch = torch.get_rng_state() if torch else None
    try:
        yield
    finally:
        random.setstate(own)
        np.random.set_state(of_numpy)
        if torch:
            torch.set_rng_state(of_torch)


def once_more(check: Check, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Run a check's body again, for whoever listens to what is called in it."""
    with quietly():
        for _ in check.body(*args, **kwargs):
            pass


def called(check: Check) -> set[CodeType]:
    """Return the code of all functions that a check comes to."""
    found: set[CodeType] = set()

    def look(frame: FrameType, event: str, argument: object) -> None:
        found.add(frame.f_code)

    listen(lambda: once_more(check, (), {}), look)
    return found


def wrong_values(check: Check, most: int | None = None) -> list[str]:
    """Return the names of the values that a check finds wrong, in its order, or what else is; ``most`` at most."""
    found: list[str] = []
    with quietly() as findings:
        try:
            for result in check.body():
                if not _is_right(result):
                    found += findings.names[len(found) :] or [str(result)]
                    if most is not None and len(found) >= most:
                        break
        except (Exception, SystemExit) as error:
            found.append(type(error).__name__)
    return found


def passes(check: Check) -> bool:
    """Return whether a check finds nothing wrong."""
    return not wrong_values(check, 1)


def passes_or_waits(check: Check) -> bool:
    """Return whether a check finds nothing wrong, or comes to a part that is not written yet."""
    try:
        with quietly():
            return all(map(_is_right, check.body()))
    except NotImplementedError:
        return True
    except (Exception, SystemExit):
        return False


def _is_right(result: object) -> bool:
    return result is None or isinstance(result, Remark) or (isinstance(result, Note) and result.credit >= 1)


def _nothing(line: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Question:
    """What is asked after a change of the code: of one check, of those that it needs, and of those beside it.

    Attributes
    ----------
    check : Check
        One that does not pass.
    needs : sequence of Check
        Checks that it needs and that pass; a change after which one of them does not is none.
    beside : sequence of Check
        Further ones that must pass afterwards, unless they wait for a part that is not written yet.
    says : callable
        What shows the student a line.
    """

    check: Check
    needs: Sequence[Check] = ()
    beside: Sequence[Check] = ()
    says: Callable[[str], object] = _nothing

    @property
    def where(self) -> str:
        """What the check says of where its work is done."""
        return self.check.where

    @property
    def where_before(self) -> list[str]:
        """What the checks that it needs say of that."""
        return [need.where for need in self.needs]

    def called(self) -> set[CodeType]:
        """Return the code of all functions that the check comes to."""
        return called(self.check)

    def wrong_values(self) -> list[str]:
        """Return the names of what the check finds wrong."""
        return wrong_values(self.check)

    def passes(self) -> bool:
        """Return whether the check passes now."""
        return passes(self.check)

    def keeps(self) -> bool:
        """Return whether what the check needs passes still."""
        return all(map(passes, self.needs))

    def all_agree(self) -> bool:
        """Return whether all others pass that must."""
        return self.keeps() and all(map(passes_or_waits, self.beside))

    def tell(self, line: str) -> None:
        """Tell the student something while the trials go on."""
        self.says(line)

    def within(self, seconds: float, ask: Callable[[], bool]) -> bool | None:
        """Return the answer to a question; None if it takes too long, or is interrupted."""
        try:
            with time_limit(seconds):
                return ask()
        except Stopped:
            return None
