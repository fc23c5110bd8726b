"""Install PyTorch's CPU build for the interpreter that runs this script.

    python tools/install_torch.py

Quick if PyTorch is already installed. Otherwise the script first asks pip what it would install. If
that includes CUDA packages (some gigabytes that nothing here uses), it uses the CPU index of
pytorch.org instead. The exit status is 0 if PyTorch is installed at the end. Otherwise it is 1, the
reason is printed, and tests marked ``torch`` are skipped.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENT = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton", "pytorch-triton")

PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
PATIENCE = ("--timeout", "20", "--retries", "1")


def installed_version() -> str | None:
    """Return the version of PyTorch that is installed, or None."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def planned_packages(index: tuple[str, ...]) -> list[str] | None:
    """Return the names of the packages that pip would install with these index options, or None if it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [*PIP, *PATIENCE, "--dry-run", "--report", str(report), *index, REQUIREMENT]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0 or not report.is_file():
            return None
        plan = json.loads(report.read_text(encoding="utf-8"))
    return [item["metadata"]["name"].lower() for item in plan["install"]]


def needs_cuda(packages: list[str]) -> bool:
    """Tell whether any of the packages serves only GPUs."""
    return any(name.startswith(CUDA_PREFIXES) for name in packages)


def main() -> int:
    """Install PyTorch if it is not installed; return the exit status."""
    version = installed_version()
    if version is not None:
        print(f"torch {version} is installed")
        return 0
    for index in ((), ("--index-url", CPU_INDEX)):
        packages = planned_packages(index)
        if packages is None or needs_cuda(packages):
            continue
        print(f"installing {REQUIREMENT} (CPU) and {len(packages) - 1} packages it needs", flush=True)
        if subprocess.run([*PIP, *PATIENCE, *index, REQUIREMENT], check=False).returncode == 0:
            return 0
    print(
        f"could not install {REQUIREMENT}: neither pip's index nor {CPU_INDEX} has a CPU build.\n"
        "Everything except the PyTorch milestones works without it; their tests are skipped.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
