"""A course's own package beside the notebook: whose layers, whose helpers, and what is said about it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import nndl

LIBRARY = Path(nndl.__path__[0])
HOOK = LIBRARY / "compat" / "startup"

# The developers' own installation of the library is another one than is simulated here.
NOT_EDITABLE = """import sys
sys.meta_path[:] = [f for f in sys.meta_path if not getattr(f, "__module__", "").startswith("__editable__")]
"""
START_HOOK = """import _nndl_compat_hook as hook
hook.__file__ = hook.__file__.replace("nndl/compat/startup/", "")
"""

# A course's folder as its students have it: some layers are written, the helpers lie in a folder of their own.
C147 = {
    "nndl/layers.py": """
        import numpy as np

        def affine_forward(x, w, b):
            return "the student's", None
        """,
    "nndl/fc_net.py": """
        import numpy as np
        from .layers import *

        class FullyConnectedNet:
            def __init__(self):
                self.params = {"W": np.zeros((2, 2))}

            def loss(self, X, y=None):
                scores = X @ self.params["W"]
                return scores if y is None else (1.0, {"W": np.ones((2, 2))})
        """,
    "nndl/optim.py": """
        def adam(w, dw, config=None):
            return w - 10 * dw, config
        """,
    "utils/__init__.py": "",
    "utils/solver.py": "Solver = 'the course\\'s'",
}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


@pytest.fixture(params=["package", pytest.param("folder without __init__.py", marks=pytest.mark.slow)])
def course(request, tmp_path):
    write(tmp_path, C147)
    if request.param == "package":
        write(tmp_path, {"nndl/__init__.py": "from .fc_net import *\nfrom .optim import *\n"})
    return tmp_path


def run(code, cwd, *, hook=True, **environment):
    """Run ``code`` in a notebook's folder, with the library behind it on the path, as an installation has it."""
    path = os.pathsep.join(map(str, [LIBRARY.parent, HOOK]))
    start = NOT_EDITABLE + START_HOOK * hook
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", start + textwrap.dedent(code)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


COURSE = """
        import numpy as np
        from nndl.fc_net import *
        assert affine_forward(1, 2, 3) == ("the student's", None)
        import nndl.layers, nndl.optim
        assert nndl.layers.__file__.startswith(HERE), nndl.layers
        from utils.gradient_check import eval_numerical_gradient
        from utils.solver import Solver
        from cs231n.solver import Solver as same
        assert Solver is same
        X, y = np.ones((4, 2)), np.zeros(4, dtype=int)
        net = FullyConnectedNet()
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        solver = Solver(net, data, update_rule="adam", num_epochs=1, batch_size=4, verbose=False)
        solver.train()
        np.testing.assert_array_equal(net.params["W"], -10)  # the student's rule took the step
        try:
            Solver(net, data, update_rule="rmsprop")
        except ValueError as error:
            assert "nndl.optim" in str(error) and "no update rule 'rmsprop'" in str(error), error
        else:
            raise AssertionError
        try:
            import nndl.gradient_check
        except ModuleNotFoundError as error:
            assert "the course's own package has no module nndl.gradient_check" in str(error), error
        else:
            raise AssertionError
        """


def test_the_students_layers_with_the_librarys_helpers(course):
    done = run(
        """
        import os; HERE = os.getcwd()
        import nndl.compat
        nndl.compat.install("c147", layers="course")
        """
        + COURSE
        + """
        import nndl.compat  # `nndl` is the student's package now
        nndl.compat.uninstall()
        assert "utils" not in __import__("sys").modules
        import utils.solver
        assert utils.solver.Solver == "the course's"
        """,
        course,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("nndl.compat: ")]
    assert "the course's own nndl is at " in lines[0]
    assert lines[0].endswith("(fc_net.py, layers.py, optim.py)")
    assert (
        "from there: nndl and all that is in it; from this library: utils.{data_utils, fast_layers, "
        in lines[1]
    )
    assert "another module 'utils'" in done.stderr


@pytest.mark.parametrize("layers", ["", pytest.param(', layers="library"', marks=pytest.mark.slow)])
def test_the_librarys_layers(course, layers):
    done = run(
        f"""
        import os; HERE = os.getcwd()
        import nndl.compat
        nndl.compat.install("c147"{layers})
        import numpy as np
        from nndl.fc_net import *
        net = FullyConnectedNet([5], 4, 3)
        assert set(net.params) == {{"W1", "b1", "W2", "b2"}}
        out, _ = affine_forward(np.ones((2, 4)), np.ones((4, 3)), np.ones(3))
        from nndl.conv_layers import *
        from nndl import KNN
        from utils.solver import Solver
        assert Solver != "the course's"
        import nndl.compat
        nndl.compat.uninstall()
        """,
        course,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("nndl.compat: ")]
    assert lines[0].endswith("(fc_net.py, layers.py, optim.py)")
    assert "it is not used; from this library: nndl.{cnn, conv_layer_utils, " in lines[1]
    assert lines[2].endswith('for the layers in that folder: nndl.compat.install("c147", layers="course")')


def test_uninstall_brings_the_courses_package_back(tmp_path):
    write(tmp_path, C147 | {"nndl/__init__.py": "mine = True\n"})
    run(
        """
        import nndl.compat
        first = nndl
        assert nndl.mine
        nndl.compat.install("c147")
        import nndl
        assert not hasattr(nndl, "mine")
        first.compat.uninstall()
        import nndl
        assert nndl is first
        import nndl.layers
        assert nndl.layers.affine_forward(1, 2, 3)[0] == "the student's"
        """,
        tmp_path,
    )


@pytest.mark.slow
def test_other_courses_install_beside_such_a_package(tmp_path):
    write(tmp_path, C147 | {"nndl/__init__.py": "mine = True\n"})
    run(
        """
        import nndl.compat
        nndl.compat.install("cs231n")
        from cs231n.classifiers.fc_net import *
        assert FullyConnectedNet([5], 4, 3).params["W1"].shape == (4, 5)
        import nndl
        assert nndl.mine  # it stays what it is
        """,
        tmp_path,
    )


def test_without_the_hook_python_finds_only_the_courses_package(tmp_path):
    """What the hook is for: this is no error of the library that could be worded here."""
    write(tmp_path, C147 | {"nndl/__init__.py": ""})
    with pytest.raises(AssertionError, match=r"No module named 'nndl\.compat'"):
        run("import nndl.compat", tmp_path, hook=False)


@pytest.mark.slow
def test_the_hook_changes_nothing_where_the_library_itself_is_found(tmp_path):
    run("import nndl.compat, nndl.layers; assert nndl.layers.affine_forward", tmp_path)


@pytest.mark.slow
def test_compiled_kernels_serve_under_either_name(tmp_path):
    """The library may be loaded already when the student's layers are asked for."""
    write(tmp_path, C147)
    run(
        """
        import nndl.fast_layers, nndl.compat
        backend = nndl.fast_layers.backend()
        nndl.compat.install("c147", layers="course")
        from utils.fast_layers import *
        import nndl_library.fast_layers
        assert nndl_library.fast_layers.backend() == backend
        x, w = np.random.randn(2, 3, 8, 8), np.random.randn(4, 3, 3, 3)
        out, cache = conv_forward_fast(x, w, np.zeros(4), {"stride": 1, "pad": 1})
        assert out.shape == (2, 4, 8, 8)
        """,
        tmp_path,
    )


def test_cs231n_students_files(tmp_path):
    write(
        tmp_path,
        {
            "cs231n/__init__.py": "",
            "cs231n/classifiers/__init__.py": "",
            "cs231n/layers.py": "def affine_forward(x, w, b):\n    return 'mine', None\n",
            "cs231n/optim.py": "def sgd(w, dw, config=None):\n    return w - dw, config\n",
            "cs231n/classifiers/fc_net.py": "import numpy as np\nfrom ..layers import *\nfrom ..solver import Solver\n",
            "cs231n/solver.py": "Solver = None\n",
        },
    )
    run(
        """
        import nndl.compat
        nndl.compat.install("cs231n", layers="course")
        from cs231n.classifiers.fc_net import *
        from cs231n.gradient_check import eval_numerical_gradient
        assert affine_forward(1, 2, 3) == ("mine", None)
        assert Solver.__module__ == "nndl.compat.shared.solver"
        """,
        tmp_path,
    )


@pytest.mark.slow
def test_the_homeworks_answers_of_the_student(tmp_path):
    write(tmp_path, {"HW_YourAnswer.py": "def softmax(x):\n    return 'mine'\n"})
    run(
        """
        import nndl.compat
        nndl.compat.install("hw1", layers="course")
        from utils import *
        from HW_YourAnswer import *
        assert softmax(np.ones(3)) == "mine"
        """,
        tmp_path,
    )


class TestArguments:
    def test_no_such_package(self, tmp_path):
        run(
            """
            import nndl.compat
            try:
                nndl.compat.install("c147", layers="course")
            except FileNotFoundError as error:
                assert "layers='course' needs the course's own 'nndl', but Python finds none" in str(error)
            else:
                raise AssertionError
            """,
            tmp_path,
        )

    def test_no_such_choice(self, tmp_path):
        from nndl import compat

        with pytest.raises(ValueError, match="layers must be one of 'library', 'course', but got 'mine'"):
            compat.install("c147", layers="mine")

    @pytest.mark.slow
    def test_the_choice_is_made_once(self, tmp_path):
        write(tmp_path, C147)
        run(
            """
            import nndl.compat
            nndl.compat.install("c147")
            try:
                nndl.compat.install("c147", layers="course")
            except ValueError as error:
                assert "installed with layers='library'" in str(error) and "uninstall() first" in str(error), error
            else:
                raise AssertionError
            nndl.compat.uninstall()
            nndl.compat.install("c147", layers="course")
            from nndl.layers import affine_forward
            assert affine_forward(1, 2, 3)[0] == "the student's"
            """,
            tmp_path,
        )


@pytest.mark.slow
def test_in_an_ordinary_installation(tmp_path):
    """From a wheel, in an environment of its own, without a word about paths."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", environment], check=True)
    python = environment / "bin" / "python"
    source = tmp_path / "source_lib"
    import shutil

    shutil.copytree(
        LIBRARY.parent, source, ignore=shutil.ignore_patterns("build", "*.so", "__pycache__", "*.egg-info")
    )
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    site = subprocess.run(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
        env=clean,
    ).stdout.strip()
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    target = next((environment / "lib").glob("python3*")) / "site-packages"
    subprocess.run([*pip, "--target", str(target), "."], cwd=source, env=clean | {"CC": "false"}, check=True)
    (target / "_other_packages.pth").write_text(
        f"{site}\n"
    )  # NumPy and the rest, but not the editable library
    folder = tmp_path / "hw3"
    write(folder, C147 | {"nndl/__init__.py": "from .fc_net import *\n"})
    for layers, check in (("course", '== ("the student\'s", None)'), ("library", "")):
        code = f"""
            import nndl.compat
            nndl.compat.install("c147", layers={layers!r})
            from nndl.fc_net import *
            from utils.solver import Solver
            assert Solver != "the course's"
            out = affine_forward(np.ones((2, 4)), np.ones((4, 3)), np.ones(3))
            assert out {check} {"" if check else "is not None"}
            """
        done = subprocess.run(
            [python, "-c", textwrap.dedent(code)],
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
