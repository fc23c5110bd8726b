"""Finds ``nndl.compat`` where a course's own package called ``nndl`` comes first.

A folder ``nndl`` beside the notebook hides this library, and with it ``nndl.compat``, which could help. An installation
puts this file and ``nndl_compat.pth`` beside the package; Python then imports it when it starts. It is asked last, for
this one name, and only after nobody else has found it: wherever the library itself is imported, nothing changes.
"""

import sys
from typing import Any


class LastResort:
    """Finds ``nndl.compat`` in the folder beside this file."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> Any:
        """Return where ``nndl.compat`` is; None for every other name."""
        if fullname != "nndl.compat":
            return None
        from importlib.util import spec_from_file_location
        from pathlib import Path

        folder = Path(__file__).parent / "nndl" / "compat"
        return spec_from_file_location(
            fullname, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


sys.meta_path.append(LastResort)
