"""See what would be handed in, and pack it: ``python -m nndl pack``, or ``pack()`` in a notebook.

This needs nothing but Python's standard library, so it works even where something else does not.
"""

from .packer import pack

__all__ = ["pack"]
