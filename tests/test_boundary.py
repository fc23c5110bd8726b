"""The six rules of docs/architecture.md: each has a test that fails when it is broken.

Rules 2 and 4, and what attacks make of all of them, are played out in tests/hostile/ and tests/cases/. So is rule 6:
what becomes of an answer is seen on a whole hand-in only.
"""

from __future__ import annotations

import ast
import json
import py_compile
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

import autograder
import nndl
from autograder import failures
from autograder.library import replies
from autograder.sandbox import worker_sandbox as sandbox
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.bubblewrap import build_command
from autograder.sandbox.inside import (
    fork_server,
    kernel_calls,
    looked_up,
    missing_libraries,
    newer_syntax,
    piecewise,
    placeholders,
    protocol,
    stand_ins,
    statements,
    watched,
    whereabouts,
    worker,
)
from autograder.sandbox.mounts import PYTHON_PATH, Bind, library_binds, python_executable

from .import_graph import imported, modules, name_of, tree

AUTOGRADER = Path(autograder.__file__).parent
INSIDE = AUTOGRADER / "sandbox" / "inside"
NNDL = Path(nndl.__file__).parent
STANDARD = set(sys.stdlib_module_names)


def ours(path: Path) -> set[str]:
    """Return the modules of the autograder that one of its files imports."""
    known = {name_of(module, AUTOGRADER) for module in modules(AUTOGRADER) if module.name != "__init__.py"}
    return {name.removeprefix("autograder.") for name in imported(path, AUTOGRADER) & known}


# 1. only values cross


FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "copyreg",
    "code",
}
FORBIDDEN_CALLS = {"eval", "exec", "execfile", "__import__"}


def forbidden(path: Path) -> list[str]:
    """Return what in a file could turn data into code."""
    found = [name for name in imported(path, AUTOGRADER) if name.partition(".")[0] in FORBIDDEN_MODULES]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                found.append(f"{node.func.id} in line {node.lineno}")
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle" and not (
                    isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                ):
                    found.append(f"allow_pickle in line {node.lineno}")
    return found


@pytest.mark.parametrize(
    "path", modules(AUTOGRADER), ids=lambda path: path.relative_to(AUTOGRADER).as_posix()
)
def test_nothing_on_the_trusted_side_turns_data_into_code(path):
    found = forbidden(path)
    if path == INSIDE / "piecewise.py":  # it imports the submission's own files, as Python's loader does
        assert [what.partition(" ")[0] for what in found] == ["exec"]
    elif path == INSIDE / "statements.py":  # the worker reads what the grader has compiled
        assert found == ["marshal"]
    else:
        assert found == []


def test_the_search_for_code_finds_it(tmp_path, monkeypatch):
    bad = AUTOGRADER.parent / "autograder" / "sandbox" / "inside" / "protocol.py"
    source = "import pickle\nfrom dill import loads\neval('1')\nimport numpy as np\nnp.load('x', allow_pickle=True)\n"
    monkeypatch.setattr(Path, "read_text", lambda self, encoding=None: source)
    assert set(forbidden(bad)) == {"pickle", "dill", "dill.loads", "eval in line 3", "allow_pickle in line 5"}


def test_the_wire_knows_no_types_but_its_own():
    class Custom:
        pass

    with pytest.raises(protocol.NotAValue):
        protocol.encode(Custom())


# 2. nothing secret is inside


def test_the_worker_imports_what_is_shown_with_it_and_nothing_else_of_ours():
    room = "sandbox.inside"
    alone = (
        "looked_up",
        "missing_libraries",
        "newer_syntax",
        "placeholders",
        "protocol",
        "statements",
        "watched",
        "whereabouts",
    )
    names = (*alone, "piecewise", "stand_ins")
    assert ours(INSIDE / "worker.py") == {f"{room}.{name}" for name in (*names, "fork_server")}
    assert ours(INSIDE / "stand_ins.py") == {f"{room}.protocol"}
    assert ours(INSIDE / "piecewise.py") == {f"{room}.{name}" for name in ("placeholders", "statements")}
    neighbours = {"kernel_calls", "protocol", "statements"}
    assert ours(INSIDE / "fork_server.py") == {f"{room}.{name}" for name in neighbours}
    for name in ("kernel_calls", *alone):
        assert ours(INSIDE / f"{name}.py") == set()
    for path in modules(INSIDE):
        tops = {module.partition(".")[0] for module in imported(path, AUTOGRADER)}
        assert tops <= STANDARD | {"numpy", "msgpack", "autograder"}


def test_what_lies_inside_goes_in_and_nothing_else_of_ours():
    binds = [bind for bind in sandbox._own_files() if not bind.source.endswith(".pyc")]
    shown = {Path(bind.source) for bind in binds}
    assert shown == {path for path in modules(INSIDE) if path.name != "__init__.py"}
    targets = {bind.target: Path(bind.source).name for bind in binds}
    assert targets == {
        f"{PYTHON_PATH}/__main__.py": "worker.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/fork_server.py": "fork_server.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/kernel_calls.py": "kernel_calls.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/looked_up.py": "looked_up.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/missing_libraries.py": "missing_libraries.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/newer_syntax.py": "newer_syntax.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/piecewise.py": "piecewise.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/placeholders.py": "placeholders.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/protocol.py": "protocol.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/stand_ins.py": "stand_ins.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/statements.py": "statements.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/watched.py": "watched.py",
        f"{PYTHON_PATH}/autograder/sandbox/inside/whereabouts.py": "whereabouts.py",
    }


def test_compiled_files_that_go_in_are_those_of_the_sources_that_do(tmp_path, monkeypatch):
    """Where Python has kept them, each lies where Python looks for that of its source."""
    for source in modules(INSIDE):
        copy = tmp_path / source.name
        copy.write_bytes(source.read_bytes())
        py_compile.compile(str(copy), doraise=True)
    (tmp_path / "__pycache__" / "something_else.cpython-311.pyc").write_bytes(b"")
    shown = (
        worker,
        protocol,
        stand_ins,
        piecewise,
        placeholders,
        statements,
        looked_up,
        missing_libraries,
        newer_syntax,
        fork_server,
        kernel_calls,
        watched,
        whereabouts,
    )
    for module in shown:
        monkeypatch.setattr(module, "__file__", str(tmp_path / Path(str(module.__file__)).name))
    binds = {bind.target: bind.source for bind in sandbox._own_files()}
    sources = {target: source for target, source in binds.items() if target.endswith(".py")}
    assert len(sources) == len(shown)
    compiled = {cache_from_source(target): cache_from_source(source) for target, source in sources.items()}
    assert binds == sources | compiled


@pytest.mark.sandbox
def test_the_sandbox_shows_what_is_listed_and_nothing_else(tmp_path):
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    submission = tmp_path / "submission"
    submission.mkdir(mode=0o755)
    (submission / "handed-in.py").write_text("")
    binds = [
        *library_binds(("numpy", "msgpack")),
        *sandbox._own_files(),
        Bind(str(submission), "/submission"),
    ]
    code = f"""
import json, os
folders = "/", {PYTHON_PATH!r}, {PYTHON_PATH!r} + "/autograder/sandbox/inside", "/submission"
listed = [sorted(os.listdir(folder)) for folder in folders]
compiled = [os.path.join(folder, "__pycache__") for folder in folders[1:3]]
print(json.dumps([*listed, [name for folder in compiled if os.path.isdir(folder) for name in os.listdir(folder)]]))
"""
    with build_command([python_executable(), "-I", "-S", "-c", code], binds=binds) as spec:
        done = subprocess.run(
            spec.argv, pass_fds=spec.pass_fds, env=spec.env, capture_output=True, check=True
        )
    top, libraries, own, handed_in, compiled = json.loads(done.stdout)
    system = {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr"}
    prefix = Path(sys.base_prefix).parts[1]
    assert set(top) <= system | {prefix, "libraries", "scratch", "submission"}
    libraries, own = ([name for name in names if name != "__pycache__"] for names in (libraries, own))
    assert {name.partition(".")[0] for name in compiled} <= {"__main__", *(Path(name).stem for name in own)}
    assert {name.partition("-")[0].partition(".")[0] for name in libraries} == {
        "numpy",
        "msgpack",
        "autograder",
        "__main__",
    }
    assert own == [
        *("fork_server.py", "kernel_calls.py", "looked_up.py", "missing_libraries.py", "newer_syntax.py"),
        *("piecewise.py", "placeholders.py", "protocol.py", "stand_ins.py", "statements.py", "watched.py"),
        "whereabouts.py",
    ]
    assert handed_in == ["handed-in.py"]


# 3. the score is computed outside


@pytest.mark.parametrize("path", modules(INSIDE), ids=lambda path: path.name)
def test_what_judges_is_not_what_runs_beside_the_student(path):
    assert {name.rpartition(".")[0] for name in ours(path)} <= {"sandbox.inside"}


@pytest.mark.parametrize("extra", ["score", "passed", "verdict", "points"])
def test_a_reply_has_no_place_for_a_score(extra):
    with pytest.raises(failures.ProtocolViolation):
        replies.check_reply({"id": 1, "value": 0, extra: 1}, 1, "call", {"result": "value"})


def test_submitted_code_is_reached_through_the_sandbox_only():
    # whoever imports the worker beside the sandbox runs a package in this process: the local library alone
    users = {path.stem for path in modules(AUTOGRADER) if "sandbox.inside.worker" in ours(path)}
    assert users == {"local", "worker_sandbox"}
    importers = {path.stem for path in modules(AUTOGRADER) if "sandbox.inside.piecewise" in ours(path)}
    assert importers == {"local", "worker", "worker_sandbox"}


# 4. limits are hard and cover the whole tree: tests/hostile plays them; here, that none has been left out


def test_every_limit_is_enforced_somewhere():
    source = "".join(
        (AUTOGRADER / name).read_text()
        for name in (
            "sandbox/bubblewrap.py",
            "sandbox/watchdog.py",
            "sandbox/worker_sandbox.py",
            "library/remote/transport.py",
        )
    )
    for field in sandbox.SandboxLimits.__dataclass_fields__:
        assert f"limits.{field}" in source, field


# 5. whose fault is a type


def test_failures_of_the_machine_are_not_failures_of_the_student():
    for error in (sandbox.SandboxUnavailable, sandbox.InfrastructureError, protocol.ProtocolError, OSError):
        assert not issubclass(error, failures.Failure)
    assert issubclass(sandbox.SandboxUnavailable, sandbox.InfrastructureError)


# dependencies point one way


@pytest.mark.parametrize("path", modules(NNDL), ids=lambda path: path.relative_to(NNDL).as_posix())
def test_the_library_knows_nothing_of_the_autograder(path):
    assert not any(name.partition(".")[0] == "autograder" for name in imported(path, NNDL))


@pytest.mark.parametrize("room", ["sandbox", "library"])
def test_the_boundary_knows_nothing_of_what_is_checked(room):
    rooms = {name.partition(".")[0] for path in modules(AUTOGRADER / room) for name in ours(path)}
    assert rooms <= {"sandbox", "library", "failures", "milestone"}
