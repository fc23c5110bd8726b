"""Neural networks from scratch: layers, networks, optimizers and convolutions in NumPy, written to be read.

Import what you need from its module, e.g. ``from nndl.neural_net import TwoLayerNet``; the package itself
imports none of its modules, so that each costs only what it needs.
"""

from pathlib import Path

__version__ = "0.2.0"

# Code handed in before version 0.2 imports some modules by the names that they had then. Until version 0.3 it finds
# them in this folder.
__path__.append(str(Path(__file__).with_name("_former_names")))


def submit(folder: str = ".", *, incomplete: bool = False, anyway: bool = False) -> None:
    """Hand in an assignment to the course's grading service, and show the official result.

    It says what would be read, packs that, sends it, shows how far the grading is, and then the score with its messages
    and a receipt. What was sent and the receipt stay beside the folder. If the network fails, run it again: the same
    hand-in counts once. Courses without such a service collect hand-ins in another way.

    Parameters
    ----------
    folder : str
        The folder of the assignment.
    incomplete : bool
        Whether to hand in although files are missing.
    anyway : bool
        Whether to hand in whatever is there, also files that Python cannot read, or that nobody has written in.
    """
    from .service.submitting import send

    send(folder, incomplete=incomplete, anyway=anyway)
