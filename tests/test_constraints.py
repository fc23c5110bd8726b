"""Exact versions are known of everything that is asked for, also by extras that few install."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
OURS = {"nndl", "nndl-autograder"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    parted = [line.partition("==") for line in lines if line and not line.startswith("#")]
    assert len({canonicalize_name(name) for name, _, _ in parted}) == len(parted)
    return {canonicalize_name(name): version for name, _, version in parted}


def asked_for() -> list[tuple[str, str]]:
    found = []
    for path in ("pyproject.toml", "source_lib/pyproject.toml"):
        said = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))
        extras = said["project"].get("optional-dependencies", {})
        groups = {"": said["project"].get("dependencies", []), **extras}
        found += [(f"{path} [{extra}]", line) for extra, lines in groups.items() for line in lines]
    return [(where, line) for where, line in found if canonicalize_name(Requirement(line).name) not in OURS]


@pytest.mark.parametrize(("where", "line"), asked_for())
def test_what_is_asked_for_has_an_exact_version(where, line):
    requirement = Requirement(line)
    version = pins().get(canonicalize_name(requirement.name))
    assert version is not None, f"{where} asks for {line}, which constraints.txt does not pin"
    assert requirement.specifier.contains(version, prereleases=True)
