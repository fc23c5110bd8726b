"""Taking files of the library away from a student's code, for checks of what is to be written by hand.

A function must not pass by calling a finished one that the release holds for another purpose. The check names the
files that hold such functions, and its requests go to a process that cannot read them: in their place lies a module
that can be imported, and whose functions raise an error that says why.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

REPLACEMENT = '''"""This module is not here: what is being checked has to do its own work."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def forbidden(*args, **kwargs):
        raise RuntimeError(f"{name} was called, but what is checked here has to do its own work, without {__name__}")

    return forbidden
'''


@contextlib.contextmanager
def tree_with_modules_removed(root: Path, files: Collection[str]) -> Iterator[Path]:
    """Give a copy of a submission's clean tree in which modules are replaced; the tree itself if ``files`` is empty.

    Parameters
    ----------
    root : Path
        The tree, as `submission.load` made it.
    files : collection of str
        Modules relative to ``root``, as `Check.forbidden` has them. One that is not there is left out.
    """
    if not files:
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        copy = Path(folder) / "root"
        # a name for each file instead of a copy: the sandbox reads them, and nobody writes to one
        shutil.copytree(root, copy, copy_function=os.link)
        copy.parent.chmod(0o755)  # as the tree itself: readable by the sandbox's user
        for name in files:
            if (copy / name).is_file():
                (copy / name).unlink()
                (copy / name).write_text(REPLACEMENT, encoding="utf-8")
        yield copy
