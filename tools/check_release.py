"""Check that a release can be made: one version everywhere, the changelog names it, no placeholder is left.

python tools/check_release.py            # the version is the same in all places
python tools/check_release.py v0.2.0     # and this tag may be released
python tools/check_release.py --notes    # print what the changelog says of this version
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "SECURITY-ADDRESS-TO-BE-SET"
PLACES = {
    "source_lib/nndl/__init__.py": r'^__version__ = "(.+)"$',
    "CITATION.cff": r"^version: (.+)$",
    "CHANGELOG.md": r"^## \[(.+?)\]",
}


def versions(root: Path) -> dict[str, str]:
    """Return the version that each file names; an empty text where it names none."""
    found = {
        name: tomllib.loads((root / name).read_text(encoding="utf-8"))["project"]["version"]
        for name in ("pyproject.toml", "source_lib/pyproject.toml", "kernels/pyproject.toml")
    }
    for name, pattern in PLACES.items():
        match = re.search(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
        found[name] = match[1] if match else ""
    return found


def notes(root: Path) -> str:
    """Return the newest section of the changelog without its heading."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    _, _, newest = text.partition("\n## ")
    _, _, body = newest.partition("\n")
    return body.partition("\n## ")[0].strip() + "\n"


def problems(root: Path, tag: str = "") -> list[str]:
    """Return what stands against a release, of this tag if one is given."""
    found = versions(root)
    wanted = found["pyproject.toml"]
    wrong = [
        f"{name} says {v or 'nothing'}, pyproject.toml says {wanted}"
        for name, v in found.items()
        if v != wanted
    ]
    if tag:
        if tag != f"v{wanted}":
            wrong.append(f"the tag is {tag}, but the version is {wanted}")
        heading = re.search(r"^## .*$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
        if heading and not re.search(r"\d{4}-\d\d-\d\d$", heading[0]):
            wrong.append("CHANGELOG.md gives no date to this version")
        if PLACEHOLDER in (root / "SECURITY.md").read_text(encoding="utf-8"):
            wrong.append("SECURITY.md has the placeholder in place of an address")
    return wrong


def main(arguments: list[str]) -> int:
    """Say what stands against a release; the exit status is 1 if anything does."""
    if "--notes" in arguments:
        print(notes(ROOT), end="")
        return 0
    wrong = problems(ROOT, *arguments[:1])
    print("\n".join(wrong) or f"version {versions(ROOT)['pyproject.toml']} is the same everywhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
