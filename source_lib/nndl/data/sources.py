"""Where the files are: a folder, the environment, the cache, or the network."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from .cache import ADVICE, cache_folder, create_once, fetch
from .offline import offline_folder

FOLDER = "cifar-10-batches-py"
OFFLINE = "offline"
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
CIFAR10_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9394329d7fe0b5c001ce"


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
        If ``root`` or ``NNDL_DATA`` is not such a folder.
    ConnectionError
        If the files cannot be downloaded.
    """
    where = os.environ.get("NNDL_DATA") if root is None else os.fspath(root)
    if not where:
        return _downloaded_CIFAR10()
    if where == OFFLINE:
        return offline_folder()
    folder = Path(where).expanduser()
    for candidate in (folder, folder / FOLDER):
        if (candidate / "data_batch_1").is_file():
            return candidate
    origin = "NNDL_DATA" if root is None else "root"
    raise FileNotFoundError(
        f"{origin} is {where!r}, but neither it nor its {FOLDER} has the file data_batch_1. {ADVICE}"
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
