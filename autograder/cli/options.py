"""What several commands share: the milestone's name, the folder of reports, and the need for a sandbox."""

from __future__ import annotations

from pathlib import Path

import click

from ..milestone import Milestone
from ..sandbox.availability import sandbox_availability
from ..sources import Sources

NOT_ALL_GRADED = 3
"""Exit status if something could not be graded; usage errors give 2."""


class MilestoneName(click.ParamType):
    """The name of a milestone of the course that the commands work on."""

    name = "milestone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Milestone:
        """Return the milestone of that name."""
        assert ctx is not None
        sources = ctx.find_object(Sources)
        assert sources is not None  # set by the group of commands
        try:
            return sources.milestone(value)
        except KeyError as error:
            self.fail(error.args[0], param, ctx)


milestone_argument = click.argument("milestone", type=MilestoneName())

reports_option = click.option(
    "--reports",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder with <student>/<milestone>.json.",
)


class NoSandbox(click.ClickException):
    """Nothing can be sandboxed here; the message says what to do."""

    exit_code = NOT_ALL_GRADED


def require_sandbox() -> None:
    """Raise `NoSandbox` where submissions cannot be sandboxed."""
    state = sandbox_availability()
    if not state.ok:
        raise NoSandbox(f"Submissions cannot be sandboxed here: {state.advice}")
