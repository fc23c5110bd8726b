"""What a command in a sandbox sees and may do."""

from __future__ import annotations

import os

import pytest

from autograder.sandbox import bubblewrap
from autograder.sandbox.mounts import (
    Bind,
)

from .processes import inside


@pytest.mark.sandbox
def test_a_command_gets_only_the_environment_it_is_given(works, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "x")
    environment = inside("print(json.dumps(dict(os.environ)))", env={"GIVEN": "1"})
    assert environment["GIVEN"] == "1"
    assert environment["HOME"] == "/scratch"
    assert "SECRET_OF_THE_GRADER" not in environment
    assert set(environment) <= {*bubblewrap.ENVIRONMENT, "GIVEN", "PWD", "LC_CTYPE"}


@pytest.mark.sandbox
def test_a_command_inherits_only_the_descriptors_it_is_given(works, tmp_path):
    with open(tmp_path / "secret", "w") as secret, open(tmp_path / "given", "w") as given:
        os.set_inheritable(secret.fileno(), True)
        found = inside(
            "print(json.dumps(sorted(map(int, os.listdir('/proc/self/fd')))))", pass_fds=[given.fileno()]
        )
        number = given.fileno()
    # one more for the listing itself
    assert set(found) - {0, 1, 2} - {number} <= {min(set(range(3, 99)) - {number})}
    assert number in found


@pytest.mark.sandbox
def test_binds_are_shown_and_only_writable_ones_take_writes(works, tmp_path):
    for name in ("open", "closed"):
        (tmp_path / name).mkdir(mode=0o777)
        (tmp_path / name).chmod(0o777)
        (tmp_path / name / "there").write_text("x")
    binds = [
        Bind(str(tmp_path / "open"), "/deep/below/open", writable=True),
        Bind(str(tmp_path / "closed"), "/deep/closed"),
    ]
    code = """
        seen = [os.listdir("/deep/below/open"), os.listdir("/deep/closed")]
        open("/deep/below/open/new", "w").close()
        try:
            open("/deep/closed/new", "w").close()
        except OSError as error:
            seen.append(error.strerror)
        print(json.dumps(seen))
    """
    assert inside(code, binds=binds) == [["there"], ["there"], "Read-only file system"]
    assert (tmp_path / "open" / "new").exists()


@pytest.mark.sandbox
def test_scratch_is_the_working_directory_and_tmp(works):
    code = """
        import tempfile
        open("made", "w").close()
        print(json.dumps([os.getcwd(), os.listdir("/tmp"), tempfile.gettempdir(), os.path.expanduser("~")]))
    """
    assert inside(code) == ["/scratch", ["made"], "/scratch", "/scratch"]


@pytest.mark.sandbox
def test_the_command_has_no_rights(works):
    code = """
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        sizes = {k: int(status[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        print(json.dumps([sizes, status["NoNewPrivs"].strip(), status["Seccomp"].strip(), os.getuid(), os.getgroups()]))
    """
    sizes, no_new, filtered, uid, groups = inside(code)
    assert set(sizes.values()) == {0}
    assert (no_new, filtered) == ("1", "2")
    if bubblewrap.slot_uid() is not None:
        assert uid >= bubblewrap._FIRST_SLOT_UID
        assert groups in ([], [uid])


def test_slots_have_user_ids_of_their_own():
    ids = [bubblewrap.slot_uid() for _ in range(bubblewrap._SLOTS)]
    if ids[0] is None:
        assert set(ids) == {None}
        return
    assert len(set(ids)) == len(ids)
    assert all(uid is not None and bubblewrap._FIRST_SLOT_UID <= uid < 2**31 for uid in ids)
