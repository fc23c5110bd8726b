"""Reading CIFAR-10: the official layout, where it is looked for, and what goes wrong."""

from __future__ import annotations

import hashlib
import http.server
import io
import pickle
import tarfile
import threading

import numpy as np
import pytest

from nndl import data_utils
from nndl.data import sources

ROWS = 6  # per batch file


@pytest.fixture
def root(tmp_path):
    """A small data set in the official layout."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        data = rng.integers(256, size=(ROWS, 3072), dtype=np.uint8)
        batch = {"data": data, "labels": rng.integers(10, size=ROWS).tolist(), "batch_label": name}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    meta = {"label_names": [f"class {i}" for i in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol=2))
    return folder


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("NNDL_DATA", raising=False)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path / "cache"))


def stored(root, name="data_batch_1"):
    return pickle.loads((root / name).read_bytes())


def test_batch_is_turned_to_channels_last(root):
    X, y = data_utils.load_CIFAR_batch(root / "data_batch_1")
    batch = stored(root)
    assert (X.shape, X.dtype) == ((ROWS, 32, 32, 3), np.float64)
    assert y.dtype == np.int64
    assert y.tolist() == batch["labels"]
    assert X[3, 10, 20, 2] == batch["data"][3, 2 * 1024 + 10 * 32 + 20]


def test_python2_files_are_read(root):
    """As the official files are: byte strings of Python 2, keys and pixels alike."""
    pixels = bytes(range(256)) * 12
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        b"(I1\n(I1\nI3072\ntcnumpy\ndtype\n(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\n"
    )
    text = (
        b"(dS'data'\n"
        + array
        + b"T"
        + len(pixels).to_bytes(4, "little")
        + pixels
        + b"tbsS'labels'\n(lI7\nas."
    )
    (root / "data_batch_1").write_bytes(text)
    X, y = data_utils.load_CIFAR_batch(root / "data_batch_1", dtype=np.uint8)
    assert y.tolist() == [7]
    np.testing.assert_array_equal(X[0].transpose(2, 0, 1).ravel(), np.frombuffer(pixels, np.uint8))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_whole_set(root, dtype):
    X_train, y_train, X_test, y_test = data_utils.load_CIFAR10(root, dtype=dtype)
    assert (X_train.shape, X_test.shape) == ((5 * ROWS, 32, 32, 3), (ROWS, 32, 32, 3))
    assert X_train.dtype == dtype
    assert y_train.tolist() == [n for i in range(1, 6) for n in stored(root, f"data_batch_{i}")["labels"]]
    assert y_test.tolist() == stored(root, "test_batch")["labels"]
    np.testing.assert_array_equal(
        X_train[ROWS].transpose(2, 0, 1).ravel(), stored(root, "data_batch_2")["data"][0]
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_splits_and_mean(root, dtype):
    data = data_utils.get_CIFAR10_data(20, 7, 4, root=root, dtype=dtype)
    raw, labels, test, _ = data_utils.read_CIFAR10(root)
    mean = raw[:20].mean(axis=0)
    assert {name: array.shape for name, array in data.items()} == {
        "X_train": (20, 3, 32, 32),
        "y_train": (20,),
        "X_val": (7, 3, 32, 32),
        "y_val": (7,),
        "X_test": (4, 3, 32, 32),
        "y_test": (4,),
    }
    for name, rows in (("train", raw[:20]), ("val", raw[20:27]), ("test", test[:4])):
        assert data[f"X_{name}"].dtype == dtype
        np.testing.assert_allclose(
            data[f"X_{name}"], rows - mean, atol=1e-4 if dtype == np.float32 else 1e-12
        )
    np.testing.assert_array_equal(data["y_val"], labels[20:27])


def test_mean_can_stay(root):
    data = data_utils.get_CIFAR10_data(20, 7, 4, subtract_mean=False, root=root)
    np.testing.assert_array_equal(data["X_train"], data_utils.read_CIFAR10(root)[0][:20])


def test_flat_rows_are_the_same_images(root):
    data = data_utils.get_CIFAR10_data(20, 0, 4, root=root)
    X_train, y_train, X_val, y_val, X_test, _ = data_utils.get_flat_CIFAR10_data(20, 0, 4, root=root)
    assert (X_train.shape, X_val.shape, y_val.shape) == ((20, 3072), (0, 3072), (0,))
    np.testing.assert_array_equal(X_train[3].reshape(32, 32, 3), data["X_train"][3].transpose(1, 2, 0))
    np.testing.assert_array_equal(X_test[3].reshape(32, 32, 3), data["X_test"][3].transpose(1, 2, 0))
    np.testing.assert_array_equal(y_train, data["y_train"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_training": 25, "num_validation": 6}, "is 31, but there are 30 images"),
        ({"num_training": 5, "num_validation": 5, "num_test": 7}, "num_test is 7"),
        ({"num_training": 0}, "at least 1"),
        ({"num_training": 5, "num_validation": -1}, "at least 0"),
    ],
)
def test_impossible_numbers_are_refused(root, settings, message):
    with pytest.raises(ValueError, match=message):
        data_utils.get_CIFAR10_data(root=root, **settings)


def test_integer_images_are_refused(root):
    with pytest.raises(TypeError, match="floating-point type, but got uint8"):
        data_utils.get_CIFAR10_data(20, 5, 5, root=root, dtype=np.uint8)


@pytest.mark.parametrize("up", [0, 1])
@pytest.mark.parametrize("by_environment", [False, True])
def test_folder_itself_or_the_one_above(root, monkeypatch, up, by_environment):
    folder = root if up == 0 else root.parent
    if by_environment:
        monkeypatch.setenv("NNDL_DATA", str(folder))
    assert data_utils.find_CIFAR10(None if by_environment else folder) == root
    assert data_utils.load_class_names(None if by_environment else folder)[7] == "class 7"


def test_wrong_folder_says_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"root is .*data_batch_1.*NNDL_DATA.*offline"):
        data_utils.load_CIFAR10(tmp_path)
    monkeypatch.setenv("NNDL_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"NNDL_DATA is .*data_batch_1"):
        data_utils.get_CIFAR10_data()


def test_missing_and_damaged_files_say_what_to_do(root):
    (root / "data_batch_3").unlink()
    with pytest.raises(FileNotFoundError, match=r"data_batch_3 is missing; delete"):
        data_utils.load_CIFAR10(root)
    whole = (root / "data_batch_1").read_bytes()
    for content, message in [
        (whole[: len(whole) // 2], "damaged"),
        (b"", "damaged"),
        (pickle.dumps([1]), "no entries `data` and `labels`"),
        (pickle.dumps({"data": np.zeros((2, 3072)), "labels": [1, 2]}), "3072 bytes"),
        (pickle.dumps({"data": np.zeros((2, 9), np.uint8), "labels": [1, 2]}), "3072 bytes"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1]}), "`labels`"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 10]}), "`labels`"),
    ]:
        (root / "data_batch_1").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            data_utils.load_CIFAR_batch(root / "data_batch_1")


class Harmful:
    def __init__(self, effect):
        self.effect = effect

    def __reduce__(self):
        return self.effect


def test_code_in_a_pickle_does_not_run(root, tmp_path):
    trace = tmp_path / "trace"
    for effect in (
        (open, (str(trace), "w")),
        (eval, (f"open({str(trace)!r}, 'w')",)),
        (__import__, ("os",)),
        (np.load, (str(root / "data_batch_1"),)),
    ):
        (root / "data_batch_1").write_bytes(pickle.dumps({"data": Harmful(effect), "labels": []}))
        with pytest.raises(ValueError, match="which no data file needs"):
            data_utils.load_CIFAR_batch(root / "data_batch_1")
    assert not trace.exists()


def test_load_pickle_takes_files_and_paths(tmp_path):
    content = {"a": np.arange(3), "b": [1, "x", (2.5, None)], "c": np.float32(2)}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"p{protocol}"
        path.write_bytes(pickle.dumps(content, protocol=protocol))
        for f in (path, str(path), io.BytesIO(path.read_bytes())):
            got = data_utils.load_pickle(f)
            assert (got["b"], got["c"], got["a"].tolist()) == (content["b"], 2, [0, 1, 2])


@pytest.fixture
def official_site(root, monkeypatch, tmp_path):
    """The archive of the small data set, served on the loopback interface; counts requests."""
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, arcname=root.name)
    content, requests = archive.read_bytes(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(sources, "CIFAR10_URL", f"http://127.0.0.1:{server.server_port}/{archive.name}")
    monkeypatch.setattr(sources, "CIFAR10_SHA256", hashlib.sha256(content).hexdigest())
    yield requests
    server.shutdown()
    server.server_close()


def test_download_happens_once(root, official_site, tmp_path):
    expected = data_utils.load_CIFAR10(root)
    for _ in range(2):
        for got, want in zip(data_utils.load_CIFAR10(), expected, strict=True):
            np.testing.assert_array_equal(got, want)
    assert official_site == ["/cifar-10-python.tar.gz"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["cifar-10-batches-py"]


def test_another_file_than_the_official_is_refused(official_site, monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "CIFAR10_SHA256", "0" * 64)
    with pytest.raises(ConnectionError, match=r"could not be downloaded.*NNDL_DATA"):
        data_utils.load_CIFAR10()
    assert not list((tmp_path / "cache").glob("cifar*"))


def test_no_network_says_what_to_do(official_site, monkeypatch):
    monkeypatch.setattr(sources, "CIFAR10_URL", "http://127.0.0.1:1/cifar-10-python.tar.gz")
    with pytest.raises(ConnectionError, match=r"could not be downloaded.*offline"):
        data_utils.load_CIFAR10()


def test_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "set"

    def interrupted(folder):
        (folder / "half").write_text("")
        assert not target.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sources.create_once(target, interrupted)
    assert list(tmp_path.iterdir()) == []

    def whole(folder):
        (folder / "all").write_text("1")

    sources.create_once(target, whole)
    sources.create_once(target, interrupted)  # exists already
    assert [path.name for path in target.iterdir()] == ["all"]


def test_the_slower_of_two_uses_the_result_of_the_faster(tmp_path):
    target = tmp_path / "set"

    def fast(folder):
        (folder / "fast").write_text("1")

    def overtaken(folder):
        (folder / "slow").write_text("")
        sources.create_once(target, fast)

    assert sources.create_once(target, overtaken) == target
    assert [path.name for path in target.iterdir()] == ["fast"]
    assert list(tmp_path.iterdir()) == [target]
