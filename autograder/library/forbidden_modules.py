"""Taking files of the library away from a student's code, for checks of what is to be written by hand.

A function must not pass by calling a finished one that the release holds for another purpose. The check names the
files that hold such functions, and its requests go to a process that cannot read them: in their place lies a module
that can be imported, and whose functions raise an error that says why.
"""

from __future__ import annotations

from collections.abc import Collection

from ..sandbox.tree import Tree

REPLACEMENT = '''"""This module is not here: what is being checked has to do its own work."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def forbidden(*args, **kwargs):
        raise RuntimeError(f"{name} was called, but what is checked here has to do its own work, without {__name__}")

    return forbidden
'''


def with_modules_removed(tree: Tree, files: Collection[str]) -> Tree:
    """Return a submission's clean tree in which modules are replaced; the tree itself if ``files`` is empty.

    Parameters
    ----------
    tree : Tree
        As `submission.load` made it.
    files : collection of str
        Modules, as `Check.forbidden` has them. One that is not there is left out.
    """
    replaced = {name: REPLACEMENT.encode() for name in files if tree.read(name) is not None}
    return Tree({**tree.own, **replaced}, tree.base) if files else tree
