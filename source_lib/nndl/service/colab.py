"""The notebook that is open in Google Colab: it lies on Google Drive, and not in the folder that is handed in."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..hand_in.contents import grade_id


def fetch_open_notebook(folder: Path, assignment: Mapping[str, Any]) -> str:
    """Put the open notebook into the folder, if this is Colab and it is the assignment's.

    Returns
    -------
    str
        What there is to say about it; nothing outside of Colab.
    """
    if "google.colab" not in sys.modules:
        return ""
    by_hand = (
        "Colab did not give the open notebook: download it (File → Download), upload it to the folder of the "
        "assignment, and run this again."
    )
    try:
        message = importlib.import_module("google.colab._message")  # the only way that Colab offers
        notebook = message.blocking_request("get_ipynb", timeout_sec=20)["ipynb"]
        cells = {grade_id(cell) for cell in notebook["cells"]} - {""}
    except Exception:  # Colab promises nothing about it
        return by_hand
    for name, released in assignment["cells"].items():
        if cells & {cell["name"] for cell in released}:
            (folder / name).write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
            return f"Took {name} as it is open in Colab."
    return by_hand
