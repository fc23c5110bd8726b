"""The line that the courses' own training loops print."""

from __future__ import annotations


def show_loss(verbose: bool, it: int, num_iters: int, loss: float, digits: str = "") -> None:
    """Print the loss at every 100th iteration, counted from 0, if ``verbose``.

    ``digits`` is a format: ``"f"`` gives six decimals, as CS231n has them, and the default all digits, as C147 does.
    """
    if verbose and it % 100 == 0:
        print(f"iteration {it} / {num_iters}: loss {loss:{digits}}")
