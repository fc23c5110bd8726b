"""The command line of the autograder: the group of its commands."""

from __future__ import annotations

import errno
import importlib
import sys
from pathlib import Path
from typing import Any

import click

from ..nbgrader_plugin.course import Course
from ..sources import CourseError

# jsonschema builds a parser of internationalized addresses as soon as this is imported, which takes more than a second;
# no schema of ours or of Jupyter's holds such an address. With None here, jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

COMMANDS = (
    *("grade", "regrade", "report", "feedback", "explain", "similarity", "question", "simulate", "doctor"),
    *("roster", "unpack", "groups", "extend", "comment", "export", "gradescope"),
    *("new-course", "new-milestone", "upgrade-course"),
    *("cluster", "serve", "invite", "requeue"),
)
"""The commands; each is in the module of its name, with `_` for `-`."""
ROOMS = {
    **dict.fromkeys(("roster", "unpack", "groups", "extend", "comment", "export"), ".lms"),
    "gradescope": ".platforms",
    **dict.fromkeys(("serve", "invite", "requeue"), ".service"),
    **dict.fromkeys(("regrade", "similarity", "question"), ".review"),
}
"""In which room beside this module that is, for those that are in one."""


class _Commands(click.Group):
    """Imports a command only when it is used, because some of them take seconds to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"{ROOMS.get(cmd_name, '')}.{name}", __package__)
        command: click.Command = getattr(module, name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; if the disk or a permission is in its way, say so in one line."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            raise click.UsageError(str(error.args[0])) from error
        except OSError as error:
            if error.errno not in _OF_THE_MACHINE:
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror}") from error


_OF_THE_MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What can be wrong with a disk or a permission, and is no mistake in our code."""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nndl-autograder")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Grade submissions of a course in a sandbox. Run the commands in the course's folder."""
    ctx.obj = Course.around(Path.cwd())
