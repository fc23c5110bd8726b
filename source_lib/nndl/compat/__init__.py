"""Names of other courses for this library, so that their notebooks run unchanged.

Three courses taught from packages of the same shape: CS231n (``cs231n.*``), ECE C147/247 (``nndl.*`` with
helpers in ``utils.*`` or ``cs231n.*``) and a first homework whose answers are in ``HW_YourAnswer`` with
helpers in ``utils``. One line before the first import makes their names mean the modules of this library::

    import nndl.compat
    nndl.compat.install("cs231n")

    from cs231n.classifiers.fc_net import *     # the course's star import, and all that it brings

Where a course takes other arguments than this library, its names take the course's: label lists, integer gamma, C147's
keys of an optimizer's state, the order of positional arguments. This library's own names stay as they are; only
C147's package is called as this library is, and ``nndl.layers`` means the course's until :func:`uninstall`.
Modules are loaded when they are first imported, so ``install`` needs neither PyTorch nor matplotlib.
"""

from .aliases import COURSES
from .importing import install, uninstall

__all__ = ["COURSES", "install", "uninstall"]
