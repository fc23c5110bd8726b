"""``autograder serve``."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from filelock import FileLock, Timeout

from ...cluster.dask_executor import ClusterUnusable, DaskExecutor, scheduler_address
from ...grading.grade import Settings
from ...milestone import Milestone
from ...nbgrader_plugin.course import Course
from ..cluster import certificates_option
from ..options import require_sandbox

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Which address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8017, show_default=True)
@click.option("--certificate", type=_FILE, help="For TLS without a reverse proxy: the certificate's file.")
@click.option("--key", type=_FILE, help="And its key.")
@click.option("--workers", type=click.IntRange(min=1), help="How many hand-ins are graded at once.")
@click.option(
    "--executor",
    "cluster",
    metavar="dask://HOST:PORT",
    help="Grade on the workers of this scheduler, see `autograder cluster`.",
)
@certificates_option
@click.option(
    "--backup", type=click.Path(path_type=Path), help="Write a copy of everything to a new folder, and end."
)
@click.pass_obj
def serve(
    course: Course,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    workers: int | None,
    cluster: str | None,
    certificates: Path | None,
    backup: Path | None,
) -> None:
    """Take hand-ins over HTTP and grade them, until Ctrl-C; run it in the course's folder.

    The settings are c.GradingService in nbgrader_config.py; `autograder invite` makes the students' links. Whatever is
    killed is started again, and goes on where it was.
    """
    try:
        from ...service.personal_data import back_up
        from ...service.processes.serve import Address
        from ...service.processes.sound import require_sound
        from ...service.processes.supervisor import Supervisor
        from ...service.settings import Service
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[service]") from None
    service = Service(course)
    if backup is not None:
        if backup.exists():
            raise click.UsageError(f"{backup} is there already; name a new folder")
        try:
            with_gradebook = back_up(service, backup)
        except OSError as error:
            raise click.ClickException(f"this is no whole copy: {error}") from None
        gradebook = "gradebook" if with_gradebook else "not the gradebook, which is on a server"
        click.echo(f"A copy is in {backup}: hand-ins, reports, database, {gradebook}.")
        return
    Address(host, port, certificate, key)
    only_one = FileLock(service.folder / "serving.lock", timeout=0)
    try:
        only_one.acquire()
    except Timeout:
        raise click.ClickException(f"a service is running in {service.root} already") from None
    _require_address(host, port)
    for line in require_sound(service):
        click.echo(line, err=True)
    elsewhere: list[str] = []
    if cluster is None:
        require_sandbox()
    else:
        threads = _of_cluster(cluster, certificates, service.milestones.values(), course)
        workers = workers or threads
        elsewhere = [cluster, *([str(certificates.resolve())] if certificates is not None else [])]
    workers = workers or service.settings.workers or os.cpu_count() or 1
    files = [str(path.resolve()) for path in (certificate, key) if path is not None]
    missing = [name for name in service.policies if name not in service.open_milestones]
    if missing:
        click.echo(
            "These take no hand-ins before nbgrader generate_assignment is run for them: "
            + ", ".join(missing),
            err=True,
        )
    if not service.config.RecordScores.get("data") and not os.environ.get("NNDL_DATA"):
        click.echo(
            "No hidden images are named: CIFAR-10 is downloaded when a stored net is first graded. "
            'c.RecordScores.data names a folder that has it, or "offline".',
            err=True,
        )
    click.echo(f"Serving {service.root} at {service.base}, on {host}:{port}. Ctrl-C ends it.")
    sys.stdout.flush()
    Supervisor(
        [
            [sys.executable, "-m", "autograder.service.live", "web", host, str(port), *files],
            [sys.executable, "-m", "autograder.service.processes.serve", "grade", str(workers), *elsewhere],
        ],
        service.root,
    ).run()


def _require_address(host: str, port: int) -> None:
    """Refuse an address that somebody else listens on: the web process would be started again for ever."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}; see --port") from None


def _of_cluster(url: str, certificates: Path | None, milestones: Iterable[Milestone], course: Course) -> int:
    """Return how many hand-ins a cluster grades at once, if all of it judges as this machine does."""
    try:
        with DaskExecutor(scheduler_address(url, certificates), certificates) as first:
            for milestone in milestones:
                first.refuse_other_versions(Settings(milestone, sources=course.sources))
            return first.threads
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[cluster]") from None
    except ClusterUnusable as error:
        raise click.UsageError(str(error)) from None
