"""The installer of PyTorch: what it asks pip for, without asking pip."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "install_torch.py"


@pytest.fixture
def installer():
    spec = importlib.util.spec_from_file_location("install_torch", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pip(installer, monkeypatch):
    """Stand in for pip: `plans` maps an index to the packages of the dry run (None: unreachable)."""

    class FakePip:
        def __init__(self):
            self.plans = {"default": None, "cpu": None}
            self.installed = []

        def run(self, command, **_):
            index = "cpu" if "--index-url" in command else "default"
            packages = self.plans[index]
            if packages is None:
                return subprocess.CompletedProcess(command, 1)
            if "--dry-run" in command:
                report = {"install": [{"metadata": {"name": name}} for name in packages]}
                Path(command[command.index("--report") + 1]).write_text(json.dumps(report))
            else:
                self.installed.append(index)
            return subprocess.CompletedProcess(command, 0)

    fake = FakePip()
    monkeypatch.setattr(installer.subprocess, "run", fake.run)
    monkeypatch.setattr(installer, "installed_version", lambda: None)
    return fake


def test_takes_the_default_index_where_it_has_a_cpu_build(installer, pip):
    pip.plans = {"default": ["torch", "sympy"], "cpu": ["torch"]}
    assert installer.main() == 0
    assert pip.installed == ["default"]


@pytest.mark.parametrize("cuda", ["nvidia-cublas-cu12", "triton", "cuda-bindings", "NVIDIA-NCCL-CU12"])
def test_avoids_cuda_packages(installer, pip, cuda):
    pip.plans = {"default": ["torch", cuda], "cpu": ["torch"]}
    assert installer.main() == 0
    assert pip.installed == ["cpu"]


def test_installs_nothing_when_only_cuda_is_to_be_had(installer, pip, capsys):
    pip.plans = {"default": ["torch", "nvidia-cublas-cu12"], "cpu": None}
    assert installer.main() == 1
    assert pip.installed == []
    assert "could not install torch" in capsys.readouterr().err


def test_leaves_an_installed_torch_alone(installer, pip, monkeypatch, capsys):
    pip.plans = {"default": ["torch"], "cpu": ["torch"]}
    monkeypatch.setattr(installer, "installed_version", lambda: "2.13.0+cpu")
    assert installer.main() == 0
    assert pip.installed == []
    assert "2.13.0+cpu is installed" in capsys.readouterr().out
