"""The folder in which downloads and drawn images are kept, and how something gets into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

ADVICE = (
    "Set the environment variable NNDL_DATA to a folder that holds cifar-10-batches-py, or to "
    "`offline` for a drawn image set that needs no network (and is not CIFAR-10): in a notebook, "
    "`%env NNDL_DATA=offline` in a cell before this one."
)


def cache_folder() -> Path:
    """Return the folder for downloads and drawn sets: ``$NNDL_CACHE``, or the system's folder for caches."""
    import pooch

    return Path(os.environ.get("NNDL_CACHE") or pooch.os_cache("nndl")).expanduser()


def fetch(url: str, sha256: str) -> Path:
    """Download a file into the cache, with a progress bar, unless it is there already; check it by its digest.

    Raises
    ------
    ConnectionError
        If it cannot be downloaded, or another file came.
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
        raise ConnectionError(f"{url} could not be downloaded: {error}. {ADVICE}") from error
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
