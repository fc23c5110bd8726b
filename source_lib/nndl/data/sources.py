"""Where the files are: a folder, the environment, the cache, or the network."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER = "cifar-10-batches-py"
OFFLINE = "offline"
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
CIFAR10_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9394329d7fe0b5c001ce"

_ADVICE = (
    "Set the environment variable NNDL_DATA to a folder that holds cifar-10-batches-py, or to "
    "`offline` for a drawn image set that needs no network (and is not CIFAR-10)."
)


def cache_folder() -> Path:
    """Return the folder for downloads and drawn sets: ``$NNDL_CACHE``, or the system's folder for caches."""
    import pooch

    return Path(os.environ.get("NNDL_CACHE") or pooch.os_cache("nndl")).expanduser()


def find_CIFAR10(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder with the batch files, and fetch or draw them first if need be.

    Parameters
    ----------
    root : path or "offline", optional
        A folder that is or contains ``cifar-10-batches-py``, or ``"offline"`` for the drawn image set. By
        default what the environment variable ``NNDL_DATA`` says, and without it the official files,
        downloaded once (170 MB) and kept in the cache.

    Raises
    ------
    FileNotFoundError
        If ``root`` or ``NNDL_DATA`` is no such folder.
    ConnectionError
        If the files are wanted from the network and cannot be had.
    """
    where = os.environ.get("NNDL_DATA") if root is None else os.fspath(root)
    if not where:
        return _downloaded_CIFAR10()
    if where == OFFLINE:
        from .offline import offline_folder

        return offline_folder()
    folder = Path(where).expanduser()
    for candidate in (folder, folder / FOLDER):
        if (candidate / "data_batch_1").is_file():
            return candidate
    origin = "NNDL_DATA" if root is None else "root"
    raise FileNotFoundError(
        f"{origin} is {where!r}, but neither it nor its {FOLDER} has the file data_batch_1. {_ADVICE}"
    )


def _downloaded_CIFAR10() -> Path:
    cache = cache_folder()
    target = cache / FOLDER

    def unpack(folder: Path) -> None:
        archive = fetch(CIFAR10_URL, CIFAR10_SHA256)
        with tarfile.open(archive) as members:
            members.extractall(folder, filter="data")
        for path in (folder / FOLDER).iterdir():
            path.rename(folder / path.name)
        (folder / FOLDER).rmdir()
        archive.unlink(missing_ok=True)

    return create_once(target, unpack)


def fetch(url: str, sha256: str) -> Path:
    """Download a file into the cache, with a progress bar, unless it is there already; check it by its digest.

    Raises
    ------
    ConnectionError
        If it cannot be had, or what came is another file.
    """
    import pooch

    try:
        path = pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=url.rsplit("/", 1)[1],
            path=cache_folder(),
            progressbar=True,
        )
    except (OSError, ValueError) as error:
        raise ConnectionError(f"{url} could not be downloaded: {error}. {_ADVICE}") from error
    return Path(path)


def create_once(target: Path, fill: Callable[[Path], None]) -> Path:
    """Return the folder ``target``; if it does not exist, let ``fill`` write its files first.

    They are written elsewhere and moved into place in one step, so that nobody ever sees half a folder. Of
    several processes that do this at once, one wins and the others use its result.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fill(draft)
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target
