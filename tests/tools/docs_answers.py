"""What no student may read in the published documentation: lines of solutions, model answers, known mistakes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from autograder.judging import milestone_content
from autograder.milestone import PACKAGE
from autograder.release import leaks
from autograder.release.notebook import strip_notebook
from autograder.release.solution_library import read_library
from autograder.sources import Sources

SEPARATORS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL)


@cache
def answers() -> tuple[tuple[str, str], ...]:
    """Return lines that give something away, without white space, each with the place that it comes from."""
    sources = Sources()
    library = read_library(sources, PACKAGE)
    secrets, _ = leaks.library_secrets(library.code, library.fences, {*sources.milestone_names})
    open_code = leaks.squeeze(" ".join(library.code.values()))
    found = [(secret.text, secret.origin) for secret in secrets if not secret.shown]
    for milestone in sources.milestones:
        for path in sorted(sources.assignment_folder(milestone).glob("*.ipynb")):
            text = path.read_text(encoding="utf-8")
            source, released = json.loads(text), json.loads(strip_notebook(text, path.name))
            lines = leaks.notebook_secrets(source, released, path.name, open_code)
            found += [(secret.text, secret.origin) for secret in lines if not secret.shown]
        for bug in milestone_content.bugs(milestone):
            found.append((leaks.squeeze(bug.explanation), f"the mistake {bug.name} of {milestone.name}"))
    return tuple(found)


def shown(text: str, known: Mapping[str, str] | None = None) -> list[str]:
    """Return where the answers come from that a text shows; markup and white space do not hide them."""
    squeezed = leaks.squeeze(html.unescape(SEPARATORS.sub("", text)))
    return [
        f"{origin}: {line[:70]}" for line, origin in (known or dict(answers())).items() if line in squeezed
    ]


def pages(folder: Path) -> Iterator[Path]:
    """Yield everything readable in a built site but what belongs to the theme."""
    suffixes = (".html", ".md", ".rst", ".txt", ".py", ".js", ".ipynb", ".json")
    for path in sorted(path for path in folder.rglob("*") if path.suffix in suffixes):
        if path.is_file() and "_static" not in path.relative_to(folder).parts:
            yield path
