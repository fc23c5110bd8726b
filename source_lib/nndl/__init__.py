"""Neural networks from scratch: layers, networks, optimizers and convolutions in NumPy, written to be read.

Import what you need from its module, e.g. ``from nndl.neural_net import TwoLayerNet``; the package itself
imports none of its modules, so that each costs only what it needs.
"""

from pathlib import Path

__version__ = "0.2.0"

# Code handed in before version 0.2 imports some modules by the names that they had then. Until version 0.3 it finds
# them in this folder.
__path__.append(str(Path(__file__).with_name("_former_names")))
