"""Names of other courses for this library, so that their notebooks run unchanged.

Three courses taught from a package of the same shape: CS231n (``cs231n.*``), ECE C147/247 (``nndl.*`` with
helpers in ``utils.*`` or ``cs231n.*``) and a first homework whose answers are in ``HW_YourAnswer`` with
helpers in ``utils``. One line before the first import makes their names mean the modules of this library::

    import nndl.compat
    nndl.compat.install("cs231n")

    from cs231n.classifiers.fc_net import FullyConnectedNet     # nndl.fc_net.FullyConnectedNet

Signatures need no translation: where the courses differ, this library's functions accept either form.
Modules are loaded when they are first imported, so ``install`` needs neither PyTorch nor matplotlib.
"""

from .aliases import COURSES
from .importing import install, uninstall

__all__ = ["COURSES", "install", "uninstall"]
