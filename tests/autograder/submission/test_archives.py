"""Archives are read whatever their kind, and nothing in one takes more than its budget."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import warnings
import zipfile
from functools import partial

import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission import archives
from autograder.submission.archives import Budget, is_archive, unpacked
from autograder.submission.load import load
from autograder.submission.safe_files import RefusedFile

RELEASE = Release(Sources().milestone("dropout"))
FILES = {"dropout/nndl/layers/dropout.py": b"x = 1\n", "dropout/dropout.ipynb": b"{}"}


def tar(files, *more):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member)
    return held.getvalue()


def zipped(files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def content(name, data, budget=None, limit=1000):
    members = unpacked(name, lambda most: data[:most], budget or Budget())
    return {member: read(limit) for member, kind, read in members if kind == "file"}


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("dropout.zip", zipped),
        ("dropout (1).zip", zipped),
        ("dropout.tar", tar),
        ("dropout.tar.gz", lambda files: gzip.compress(tar(files))),
        ("dropout.tgz", lambda files: gzip.compress(tar(files))),
        ("dropout.tar.bz2", lambda files: bz2.compress(tar(files))),
        ("dropout.tar.xz", lambda files: lzma.compress(tar(files))),
        ("dropout.tar", lambda files: gzip.compress(tar(files))),  # another name than what it is
    ],
)
def test_zip_and_tar_are_read(name, pack):
    assert is_archive(name)
    assert content(name, pack(FILES)) == FILES


@pytest.mark.parametrize("name", ["dropout.rar", "dropout.7z", "dropout.zipx", "dropout.gz"])
def test_of_another_kind_it_is_said_what_to_do(name):
    assert is_archive(name)
    with pytest.raises(RefusedFile, match="only zip and tar archives are; unpack it"):
        content(name, b"7z")


@pytest.mark.parametrize("name", ["dropout.py", "tar.py", "zip", "rar.ipynb"])
def test_other_files_are_no_archives(name):
    assert not is_archive(name)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive at all" * 100, "not a tar archive"),
        (gzip.compress(tar(FILES), mtime=0)[:60], "not a tar archive"),
        (b"\x1f\x8bgarbage", "damaged"),
        (b"BZhgarbage" * 9, "damaged"),
        (tar(FILES).replace(b"ustar", b"\xff\xff\xff\xff\xff"), "not a tar archive"),
    ],
)
def test_what_is_damaged_is_refused(data, reason):
    with pytest.raises(RefusedFile, match=reason):
        content("dropout.tar.gz", data)


def test_a_bomb_stops_at_the_budget(monkeypatch):
    monkeypatch.setattr(archives, "_UNPACKED", 100_000)
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        with pytest.raises(RefusedFile, match="more than is read"):
            content("bomb.tgz", pack(tar({"zeros": bytes(1_000_000)})))
    budget = Budget()
    content("fits.tgz", gzip.compress(tar(FILES)), budget)
    assert budget.bytes < 100_000


def test_a_size_below_zero_ends():
    member = tarfile.TarInfo("x")
    data = bytearray(tar({}, member))
    data[124:136] = (-512).to_bytes(12, "big", signed=True)  # the field of the size, in binary
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    with pytest.raises(RefusedFile):
        content("loop.tar", bytes(data))


def test_links_and_devices_are_not_files(monkeypatch):
    link, device = tarfile.TarInfo("link"), tarfile.TarInfo("device")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE
    members = list(unpacked("x.tar", partial(_first, tar({"../up": b"1"}, link, device)), Budget()))
    assert [(name, kind) for name, kind, _ in members] == [
        ("../up", "file"),
        ("link", "link"),
        ("device", "special"),
    ]
    for _, _, read in members:
        with pytest.raises(RefusedFile):
            read(100)


def _first(data, most):
    return data[:most]


def test_too_many_files_and_too_long_ones(monkeypatch):
    monkeypatch.setattr(archives, "_MOST", 3)
    many = {f"{n}.py": b"" for n in range(5)}
    for name, pack in (("x.zip", zipped), ("x.tar", tar)):
        with pytest.raises(RefusedFile, match="more than 3 files"):
            content(name, pack(many))
        with pytest.raises(RefusedFile, match="more than the 2 bytes"):
            content(name, pack({"a": b"long"}), limit=2)


def test_a_name_that_an_archive_has_twice_is_two_files(tmp_path):
    layer = "nndl/layers/dropout.py"
    right = RELEASE.files[layer] + b"# one\n"
    for number, second in enumerate((right, b"raise SystemExit\n", right.replace(b"# one", b"# two"))):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for data in (right, second):
                archive.writestr(layer, data)
            archive.writestr("nndl/fc_net.py", RELEASE.files["nndl/fc_net.py"])
            archive.writestr("dropout.ipynb", RELEASE.files["dropout.ipynb"])
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "dropout.zip").write_bytes(held.getvalue())
        loaded = load(folder, RELEASE, folder / "work", student="ada")
        assert ("these files differ" in loaded.not_gradable) == (second != right)
