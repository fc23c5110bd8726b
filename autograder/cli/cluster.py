"""``autograder cluster``: certificates, the scheduler and the workers of many machines."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ..cluster import certificates as certificates_
from ..cluster import worker as cluster_worker
from ..cluster.dask_executor import FILES, ClusterUnusable, scheduler_address
from .options import require_sandbox

certificates_option = click.option(
    "--certificates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="Folder that `autograder cluster certificates` has made; needed beyond this machine.",
)


@click.group()
def cluster() -> None:
    """Grade on many machines, with Dask distributed.

    Needs `pip install nndl-autograder[cluster]` everywhere, and bubblewrap on every worker.
    """


@cluster.command("certificates")
@click.argument("folder", type=click.Path(path_type=Path))
def make_certificates(folder: Path) -> None:
    """Make the certificates of a cluster in a new FOLDER; copy it to every machine, and to nobody else."""
    try:
        certificates_.make(folder)
    except FileExistsError:
        raise click.UsageError(f"{folder} is there already; give the name of a new folder") from None
    except ImportError as error:
        raise click.ClickException(f"{error}; run: pip install nndl-autograder[cluster]") from None
    click.echo(
        f"Certificates for {certificates_.DAYS} days are in {folder}. Whoever has them can run code in the cluster."
    )


@cluster.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8786, show_default=True)
@certificates_option
def scheduler(host: str, port: int, certificates: Path | None) -> None:
    """Run the scheduler."""
    _become(
        "scheduler",
        _checked(f"dask://{host}:{port}", certificates),
        certificates,
        "--host",
        host,
        "--port",
        str(port),
    )


@cluster.command()
@click.argument("address", metavar="dask://HOST:PORT")
@click.option(
    "--workers", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default="one per core"
)
@certificates_option
def worker(address: str, workers: int, certificates: Path | None) -> None:
    """Run workers for the scheduler at dask://HOST:PORT; each grades one submission at a time, in a sandbox."""
    require_sandbox()
    _become(
        "worker",
        _checked(address, certificates),
        certificates,
        *(
            _checked(address, certificates),
            "--nworkers",
            str(workers),
            "--nthreads",
            "1",
            "--memory-limit",
            "0",
        ),
        *("--preload", cluster_worker.__name__),
    )


def _checked(url: str, certificates: Path | None) -> str:
    try:
        return scheduler_address(url, certificates)
    except ClusterUnusable as error:
        raise click.UsageError(str(error)) from None


def _become(program: str, address: str, certificates: Path | None, *arguments: str) -> None:
    """Replace this process by one of Dask's programs."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *arguments]
    if certificates is not None:
        authority, certificate, key = (str(certificates / name) for name in FILES)
        command += ["--tls-ca-file", authority, "--tls-cert", certificate, "--tls-key", key]
    if program == "scheduler":
        command += ["--protocol", address.partition(":")[0]]
    sys.stdout.flush()
    os.execv(sys.executable, command)
