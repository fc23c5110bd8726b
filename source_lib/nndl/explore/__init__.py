"""Interactive figures, one file or folder a milestone. Where nobody can move a slider they are ordinary figures."""

from pathlib import Path

# Notebooks from before version 0.2 import the explorers by the names that they had then; see ``nndl/__init__.py``.
__path__.append(str(Path(__file__).parents[1] / "_former_names" / "explore"))
