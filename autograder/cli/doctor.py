"""``autograder doctor``."""

from __future__ import annotations

import click

from ..sandbox.availability import sandbox_availability
from .options import require_sandbox


@click.command()
def doctor() -> None:
    """Say whether submissions can be sandboxed here, and what to do if not."""
    require_sandbox()
    click.echo(f"Submissions can be sandboxed here: {sandbox_availability().how}.")
