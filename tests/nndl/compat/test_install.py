"""One line makes the import names of an existing course work."""

import importlib
import importlib.util
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest

import nndl
from nndl import compat
from nndl.compat import aliases

ROOTS = ("cs231n", "utils", "HW_YourAnswer")
NEEDS_TORCH = {".squeezenet", ".compat.cs231n.image_utils", ".compat.cs231n.net_visualization"}


def modules_of_roots():
    return {name for name in sys.modules if name.split(".")[0] in ROOTS}


@pytest.fixture(autouse=True)
def clean():
    compat.uninstall()
    yield
    compat.uninstall()


def run(code, cwd):
    """Run ``code`` in a fresh interpreter whose current folder is ``cwd``."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("course", compat.COURSES)
def test_every_name_can_be_imported_and_is_our_module(course):
    compat.install(course)
    for name, meant in aliases.COURSES[course].items():
        if meant in NEEDS_TORCH and importlib.util.find_spec("torch") is None:
            continue
        module = importlib.import_module(name)
        if any(other.startswith(f"{name}.") for other in aliases.COURSES[course]):
            assert module.__name__ == name  # a package is a module of its own
        else:
            assert module is importlib.import_module(meant, "nndl")
            assert module.__spec__.name == f"nndl{meant}"


def test_the_imports_of_the_cs231n_notebooks():
    compat.install("cs231n")
    namespace: dict[str, Any] = {}
    exec(
        textwrap.dedent("""
            import cs231n.layers
            from cs231n.classifiers.fc_net import *
            from cs231n.classifiers import fc_net
            from cs231n.data_utils import get_CIFAR10_data, load_imagenet_val
            from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
            from cs231n.layer_utils import *
            from cs231n.layers import *
            from cs231n.optim import adam, rmsprop, sgd_momentum
            from cs231n.solver import Solver
            from cs231n.vis_utils import visualize_grid
        """),
        namespace,
    )
    from nndl import fc_net, layers, solver

    assert issubclass(namespace["FullyConnectedNet"], fc_net.FullyConnectedNet)
    assert namespace["fc_net"].FullyConnectedNet is namespace["FullyConnectedNet"]
    assert issubclass(namespace["Solver"], solver.Solver)
    assert namespace["cs231n"].layers.affine_forward is layers.affine_forward
    assert namespace["batchnorm_backward_alt"] is layers.batchnorm_backward_alt
    assert namespace["affine_relu_forward"]


def test_the_imports_of_the_cs231n_convolution_notebook():
    compat.install("cs231n")
    from cs231n.classifiers.cnn import ThreeLayerConvNet
    from cs231n.fast_layers import conv_backward_fast, conv_forward_fast, max_pool_forward_fast

    from nndl import cnn, fast_layers

    assert issubclass(ThreeLayerConvNet, cnn.ThreeLayerConvNet)
    assert conv_forward_fast is fast_layers.conv_forward_fast
    assert conv_backward_fast is fast_layers.conv_backward_fast
    assert max_pool_forward_fast is fast_layers.max_pool_forward_fast


def test_the_imports_of_the_c147_notebooks():
    compat.install("c147")
    from cs231n.data_utils import load_CIFAR10
    from utils.data_utils import get_CIFAR10_data
    from utils.solver import Solver

    from nndl import solver

    assert load_CIFAR10.__module__ == get_CIFAR10_data.__module__ == "nndl.compat.shared.data_utils"
    assert issubclass(Solver, solver.Solver)


def test_the_imports_of_the_first_homework():
    compat.install("hw1")
    import HW_YourAnswer
    from HW_YourAnswer import OutputLayer, TwoLayerNet, linear_pred, softmax
    from utils import model_plot, plotCostOpt

    from nndl import linear_classifier, modules

    assert issubclass(TwoLayerNet, modules.TwoLayerNet)
    assert OutputLayer is modules.OutputLayer
    assert (softmax, linear_pred) == (linear_classifier.softmax, linear_classifier.linear_pred)
    assert HW_YourAnswer.TwoLayerNN is TwoLayerNet
    assert HW_YourAnswer.linear_predict is linear_classifier.linear_predict
    assert callable(model_plot)
    assert callable(plotCostOpt)


def test_courses_side_by_side_in_any_order():
    for first, second in (("hw1", "c147"), ("c147", "hw1")):
        compat.install(first)
        import utils

        compat.install(second)
        from utils import plotCostOpt
        from utils.solver import Solver

        assert callable(plotCostOpt)
        assert Solver.__module__ == "nndl.compat.c147.solver"
        assert utils.plotCostOpt is plotCostOpt
        compat.uninstall()


def test_unknown_course():
    with pytest.raises(ValueError, match="course must be one of 'c147', 'cs231n', 'hw1', but got 'CS231n'"):
        compat.install("CS231n")
    assert not modules_of_roots()


def test_a_name_that_no_course_has():
    compat.install("cs231n")
    with pytest.raises(ModuleNotFoundError, match=r"cs231n\.rnn_layers"):
        importlib.import_module("cs231n.rnn_layers")


def test_installing_twice_changes_nothing():
    finders = list(sys.meta_path)
    compat.install("cs231n")
    once = list(sys.meta_path)
    module = importlib.import_module("cs231n.optim")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compat.install("cs231n")
    assert sys.meta_path == once
    assert len(once) == len(finders) + 1
    assert sys.modules["cs231n.optim"] is module


def test_uninstall_leaves_nothing():
    finders = list(sys.meta_path)
    compat.install("cs231n")
    compat.install("hw1")
    import cs231n.optim
    import HW_YourAnswer

    assert HW_YourAnswer.softmax
    assert cs231n.optim.adam is nndl.optim.adam
    compat.uninstall()
    assert sys.meta_path == finders
    assert not modules_of_roots()
    assert importlib.util.find_spec("HW_YourAnswer") is None
    compat.uninstall()


class TestRealPackage:
    @pytest.fixture
    def real(self, tmp_path, monkeypatch):
        """A folder ``utils`` of the user's own."""
        (tmp_path / "utils").mkdir()
        (tmp_path / "utils" / "__init__.py").write_text("mine = 1\n")
        (tmp_path / "utils" / "part.py").write_text("deep = 2\n")
        monkeypatch.syspath_prepend(tmp_path)
        yield tmp_path / "utils"
        for name in modules_of_roots():
            sys.modules.pop(name)

    def test_is_named_in_a_warning_when_it_could_be_imported(self, real):
        with pytest.warns(
            UserWarning, match=r"another module 'utils' \(.*__init__\.py\).*uninstall\(\) brings"
        ):
            compat.install("hw1")
        assert not hasattr(importlib.import_module("utils"), "mine")
        compat.uninstall()
        assert importlib.import_module("utils").mine == 1

    def test_comes_back_when_it_was_loaded(self, real):
        loaded, part = importlib.import_module("utils"), importlib.import_module("utils.part")
        with pytest.warns(UserWarning, match="another module 'utils'"):
            compat.install("c147")
        assert "utils.part" not in sys.modules
        assert importlib.import_module("utils") is not loaded
        compat.uninstall()
        assert importlib.import_module("utils") is loaded
        assert importlib.import_module("utils.part") is part

    def test_the_warning_points_at_the_caller(self, real):
        with pytest.warns(UserWarning, match="another module") as record:
            compat.install("hw1")
        assert record[0].filename == __file__

    def test_a_course_that_does_not_use_the_name_is_silent(self, real):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compat.install("cs231n")
        assert importlib.import_module("utils").mine == 1


def test_without_torch_everything_else_works_and_the_rest_says_what_to_install(tmp_path):
    (tmp_path / "torch.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n"
    )
    done = run(
        """
        import sys
        import nndl.compat
        nndl.compat.install("cs231n")
        from cs231n.optim import adam
        loaded = {name.split(".")[0] for name in sys.modules}
        assert not loaded & {"matplotlib", "tqdm", "torch"}, loaded
        for name in ("net_visualization_pytorch", "image_utils", "classifiers.squeezenet"):
            try:
                __import__("cs231n." + name)
            except ImportError as error:
                assert "pip install torch" in str(error), error
            else:
                raise AssertionError(name)
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_works_in_a_copy_of_the_library_under_another_name(tmp_path):
    """Named bugs run in a patched copy beside the original: its aliases must be its own modules."""
    source = Path(nndl.__path__[0])
    (tmp_path / "twin").symlink_to(source, target_is_directory=True)
    done = run(
        """
        import sys
        sys.path.insert(0, ".")
        import twin.compat
        twin.compat.install("cs231n")
        import cs231n.optim
        assert cs231n.optim.__name__ == "twin.compat.cs231n.optim", cs231n.optim
        assert cs231n.optim.adam.__module__ == "twin.optim", cs231n.optim.adam
        assert "nndl" not in sys.modules
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
