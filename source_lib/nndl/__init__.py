"""Neural networks from scratch: layers, networks, optimizers and convolutions in NumPy, written to be read.

Import what you need from its module, e.g. ``from nndl.neural_net import TwoLayerNet``; the package itself
imports nothing, so that each module costs only what it needs.
"""

__version__ = "0.1.0"
