"""CS231n: what its assignments take otherwise than this library, and what it took in older years."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

from nndl import compat, layers

SPATIAL = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
ROWS = np.random.default_rng(1).normal(size=(4, 3))


def cs231n(name):
    return importlib.import_module(f"cs231n.{name}")


class TestNumbersOfAnyType:
    GAMMA, BETA = np.asarray([3, 4, 5]), np.asarray([6, 7, 8])

    @pytest.mark.parametrize(
        ("layer", "x", "shape", "settings"),
        [
            ("batchnorm", ROWS, (3,), ({"mode": "train"},)),
            ("layernorm", ROWS, (3,), ({},)),
            ("spatial_batchnorm", SPATIAL, (3,), ({"mode": "train"},)),
            ("spatial_groupnorm", SPATIAL, (1, 3, 1, 1), (3, {})),
        ],
    )
    def test_integer_gamma_and_beta(self, install, layer, x, shape, settings):
        install("cs231n")
        gamma, beta = self.GAMMA.reshape(shape), self.BETA.reshape(shape)
        out, cache = getattr(cs231n("layers"), f"{layer}_forward")(x, gamma, beta, *settings)
        strict = getattr(layers, f"{layer}_forward")
        want, _ = strict(x, gamma.astype(float), beta.astype(float), *settings)
        np.testing.assert_array_equal(out, want)
        assert getattr(cs231n("layers"), f"{layer}_backward")(np.ones_like(out), cache)[0].shape == x.shape
        with pytest.raises(TypeError, match="gamma must hold floating-point numbers"):
            strict(x, gamma, beta, *settings)  # the library's own contract stays

    @pytest.mark.parametrize("shape", [(4,), (1, 4, 1, 1)])
    def test_gradients_of_group_normalization_have_the_shapes_of_its_parameters(self, install, shape):
        install("cs231n")
        rng = np.random.default_rng(0)
        x, dout = rng.normal(size=(2, 2, 4, 3, 3))
        gamma, beta = rng.normal(size=(2, 4))
        _, strict_cache = layers.spatial_groupnorm_forward(
            x, gamma.reshape(1, 4, 1, 1), beta.reshape(1, 4, 1, 1), 2, {}
        )
        want = layers.spatial_groupnorm_backward(dout, strict_cache)
        course = cs231n("layers")
        _, cache = course.spatial_groupnorm_forward(x, gamma.reshape(shape), beta.reshape(shape), 2, {})
        dx, dgamma, dbeta = course.spatial_groupnorm_backward(dout, cache)
        np.testing.assert_array_equal(dx, want[0])
        np.testing.assert_array_equal(dgamma, want[1].reshape(shape), strict=True)
        np.testing.assert_array_equal(dbeta, want[2].reshape(shape), strict=True)

    def test_the_figures_of_the_convolution_notebook(self, install):
        install("cs231n")
        out, _ = cs231n("layers").spatial_batchnorm_forward(SPATIAL, self.GAMMA, self.BETA, {"mode": "train"})
        np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), [6, 7, 8])
        np.testing.assert_allclose(out.std(axis=(0, 2, 3)), [3, 4, 5], rtol=1e-4)

    def test_float32_images_stay_float32(self, install):
        install("cs231n")
        out, _ = cs231n("layers").batchnorm_forward(
            ROWS.astype(np.float32), self.GAMMA, self.BETA, {"mode": "train"}
        )
        assert out.dtype == np.float32

    @pytest.mark.parametrize("loss", ["softmax_loss", "svm_loss"])
    def test_labels_of_the_losses(self, install, loss):
        install("cs231n")
        y = np.array([0, 2, 1, 2])
        want_loss, want_dx = getattr(layers, loss)(ROWS, y)
        for labels in (y.tolist(), y.astype(float), y[:, np.newaxis], y.astype(np.uint8)):
            got_loss, got_dx = getattr(cs231n("layers"), loss)(ROWS, labels)
            assert got_loss == want_loss
            np.testing.assert_array_equal(got_dx, want_dx)
        with pytest.raises(TypeError, match="integer class labels"):
            getattr(cs231n("layers"), loss)(ROWS, y + 0.5)
        with pytest.raises(TypeError, match="integer class labels"):
            getattr(layers, loss)(ROWS, y.astype(float))

    def test_labels_of_networks_and_solver(self, install):
        install("cs231n")
        X, y = np.random.default_rng(0).normal(size=(4, 3, 8, 8)), np.array([0, 1, 2, 0])
        fc_net, cnn = cs231n("classifiers.fc_net"), cs231n("classifiers.cnn")
        nets = [
            fc_net.TwoLayerNet(192, 5, 3),
            fc_net.FullyConnectedNet([5], 192, 3),
            cnn.ThreeLayerConvNet((3, 8, 8), 2, 3, 5, 3),
        ]
        for net in nets:
            want = net.loss(X, y)[0]
            assert net.loss(X, y.tolist())[0] == net.loss(X, y.astype(float))[0] == want
        data = {"X_train": X, "y_train": y.astype(float), "X_val": X, "y_val": y.tolist()}
        solver = cs231n("solver").Solver(nets[0], data, num_epochs=1, batch_size=2, verbose=False)
        solver.train()
        assert len(solver.val_acc_history) == 2


class TestArguments:
    def test_two_layer_net_has_weight_scale_and_reg_in_places_four_and_five(self, install):
        install("cs231n")
        np.random.seed(0)
        net = cs231n("classifiers.fc_net").TwoLayerNet(10, 20, 3, 1e-1, 0.5)
        assert net.params["W1"].std() == pytest.approx(0.1, rel=0.15)
        assert net.reg == 0.5

    def test_fully_connected_net(self, install):
        install("cs231n")
        net = cs231n("classifiers.fc_net").FullyConnectedNet(
            [5], 4, 3, 0.25, "batchnorm", 0.5, 1e-1, np.float64, 7
        )
        assert net.dropout_param == {"mode": "train", "p": 0.25, "seed": 7}
        assert (net.normalization, net.reg, net.dtype) == ("batchnorm", 0.5, np.float64)


class TestYears:
    def share_of_zeros(self, p):
        np.random.seed(231)
        x = np.random.randn(500, 500) + 10
        out, cache = cs231n("layers").dropout_forward(x, {"mode": "train", "p": p})
        dx = cs231n("layers").dropout_backward(np.ones_like(x), cache)
        np.testing.assert_array_equal(dx == 0, out == 0)
        assert out.mean() == pytest.approx(10, abs=0.1)
        return (out == 0).mean()

    @pytest.mark.parametrize(
        ("year", "drops"), [(2016, True), (2017, True), (2018, False), (2022, False), (None, False)]
    )
    @pytest.mark.parametrize("p", [0.3, 0.6, 0.75])
    def test_p_of_dropout(self, install, year, drops, p):
        install("cs231n", year=year)
        assert self.share_of_zeros(p) == pytest.approx(p if drops else 1 - p, abs=0.005)

    def test_p_may_be_zero_in_2017(self, install):
        install("cs231n", year=2017)
        assert self.share_of_zeros(0) == 0
        x = np.ones((2, 3))
        param = {"mode": "test", "p": 0}
        np.testing.assert_array_equal(cs231n("layers").dropout_forward(x, param)[0], x)
        assert param == {"mode": "test", "p": 0}
        assert not cs231n("classifiers.fc_net").FullyConnectedNet([5], dropout=0).use_dropout

    def test_p_zero_without_a_year_says_what_to_do(self, install):
        install("cs231n")
        with pytest.raises(ValueError, match=r"p'\] is 0.*install\(\"cs231n\", year=2017\)"):
            cs231n("layers").dropout_forward(np.ones((2, 3)), {"mode": "train", "p": 0})

    def test_a_network_of_2017_without_a_year_says_what_to_do(self, install):
        install("cs231n")
        with pytest.raises(ValueError, match=r"dropout_keep_ratio is 0.*install\(\"cs231n\", year=2017\)"):
            cs231n("classifiers.fc_net").FullyConnectedNet([5], 4, 3, 0, True)

    def test_dropping_everything_in_2017_is_an_error_of_its_own(self, install):
        install("cs231n", year=2017)
        with pytest.raises(ValueError, match="dropout_keep_ratio must be above 0"):
            cs231n("classifiers.fc_net").FullyConnectedNet([5], 4, 3, 1)

    @pytest.mark.parametrize(("year", "keep"), [(2017, 0.75), (2018, 0.25), (None, 0.25)])
    def test_dropout_of_a_network(self, install, year, keep):
        install("cs231n", year=year)
        FullyConnectedNet = cs231n("classifiers.fc_net").FullyConnectedNet
        assert FullyConnectedNet([5], dropout=0.25).dropout_param["p"] == keep
        assert FullyConnectedNet([5], 4, 3, 0.25).dropout_param["p"] == keep

    def test_use_batchnorm_of_2017(self, install):
        install("cs231n", year=2017)
        FullyConnectedNet = cs231n("classifiers.fc_net").FullyConnectedNet
        assert FullyConnectedNet([5], use_batchnorm=True).normalization == "batchnorm"
        assert FullyConnectedNet([5], 4, 3, 0, True).normalization == "batchnorm"
        assert FullyConnectedNet([5], 4, 3, 0, False).normalization is None

    def test_without_a_year_one_line_says_how_an_older_name_is_read(self, install, capsys):
        install("cs231n")
        FullyConnectedNet = cs231n("classifiers.fc_net").FullyConnectedNet
        FullyConnectedNet([5], dropout_keep_ratio=0.5)
        assert capsys.readouterr().err == ""
        FullyConnectedNet([5], dropout=0.5)
        FullyConnectedNet([5], dropout=0.25)
        (line,) = capsys.readouterr().err.splitlines()
        assert "read as since 2018: dropout keeps" in line
        assert 'install("cs231n", year=2017)' in line

    def test_with_a_year_nothing_is_said(self, install, capsys):
        install("cs231n", year=2018)
        cs231n("classifiers.fc_net").FullyConnectedNet([5], dropout=0.5)
        assert capsys.readouterr().err == ""

    def test_the_year_can_be_given_later(self, install):
        install("cs231n")
        assert self.share_of_zeros(0.3) > 0.6
        install("cs231n", year=2017)
        assert self.share_of_zeros(0.3) < 0.4

    @pytest.mark.parametrize("year", ["2017", 17, True, 2017.0])
    def test_what_is_no_year(self, year):
        with pytest.raises(
            ValueError, match=f"year must be that of the course, such as 2017, but got {year!r}"
        ):
            compat.install("cs231n", year=year)


class TestSaving:
    def nets(self):
        np.random.seed(0)
        fc_net = cs231n("classifiers.fc_net")
        return [
            fc_net.TwoLayerNet(4, 5, 3),
            fc_net.FullyConnectedNet([5, 5], 4, 3, normalization="batchnorm"),
        ]

    def test_a_network_comes_back(self, install, tmp_path, monkeypatch, capsys):
        install("cs231n")
        monkeypatch.chdir(tmp_path)
        for net in self.nets():
            net.save("best_net.npy")
            kept, net.params = net.params, {}
            assert net.load("best_net.npy") is True
            assert net.params.keys() == kept.keys()
            for name, array in kept.items():
                np.testing.assert_array_equal(net.params[name], array, strict=True)
            assert capsys.readouterr().out.splitlines() == ["best_net.npy saved.", "best_net.npy loaded."]
            # what the course reads with `np.load(file, allow_pickle=True).item()`
            assert np.load("best_net.npy", allow_pickle=True).item().keys() == kept.keys()
        assert net.load("another.npy") is False

    def test_in_the_courses_folder_where_there_is_one(self, install, tmp_path, monkeypatch):
        install("cs231n")
        monkeypatch.chdir(tmp_path)
        (tmp_path / "cs231n" / "saved").mkdir(parents=True)
        net = self.nets()[0]
        net.save("best_net")
        assert (tmp_path / "cs231n" / "saved" / "best_net.npy").is_file()
        assert net.load("best_net.npy")

    def test_a_file_that_would_run_code_is_refused(self, install, tmp_path, monkeypatch):
        class Evil:
            def __reduce__(self):
                return (print, ("ran",))

        install("cs231n")
        monkeypatch.chdir(tmp_path)
        np.save("evil.npy", np.array(Evil(), dtype=object), allow_pickle=True)
        with pytest.raises(ValueError, match="pickle of plain arrays"):
            self.nets()[0].load("evil.npy")
        np.save("plain.npy", np.ones(3))
        with pytest.raises(ValueError, match="holds an array, not the parameters"):
            self.nets()[0].load("plain.npy")


class TestOutOfScope:
    @pytest.mark.parametrize(
        "name",
        [
            "rnn_layers",
            "captioning_solver",
            "classifiers.rnn",
            "transformer_layers",
            "gan_pytorch",
            "simclr.model",
        ],
    )
    def test_assignment_3_says_so_in_one_line(self, install, name):
        install("cs231n")
        with pytest.raises(
            ModuleNotFoundError, match=r"belongs to CS231n's assignment 3 \(.*\), which .* not cover"
        ) as caught:
            cs231n(name)
        assert "\n" not in str(caught.value)

    def test_tiny_imagenet(self, install):
        install("cs231n")
        with pytest.raises(NotImplementedError, match=r"load_tiny_imagenet is not part of nndl\.compat"):
            cs231n("data_utils").load_tiny_imagenet("somewhere")


class TestGradientChecks:
    def test_points_of_any_number_type(self, install):
        install("cs231n")
        check = cs231n("gradient_check")
        for dtype, rtol in ((np.float64, 1e-9), (np.float32, 1e-2), (np.int64, 1e-9)):
            x = np.arange(1, 4, dtype=dtype)
            grad = check.eval_numerical_gradient(lambda x: float((x**2).sum()), x, verbose=False, h=1e-3)
            np.testing.assert_allclose(grad, [2, 4, 6], rtol=rtol)
            grad = check.eval_numerical_gradient_array(lambda x: x**2, x, np.ones(3), h=1e-3)
            np.testing.assert_allclose(grad, [2, 4, 6], rtol=rtol)
            np.testing.assert_array_equal(x, [1, 2, 3])

    def test_a_float32_parameter_may_be_read_under_its_own_name(self, install):
        install("cs231n")
        params = {"W": np.array([1, 2], np.float32)}
        grad = cs231n("gradient_check").eval_numerical_gradient(
            lambda _: float((params["W"] ** 2).sum()), params["W"], verbose=False, h=1e-2
        )
        np.testing.assert_allclose(grad, [2, 4], rtol=1e-2)

    def test_the_sparse_check_prints_the_courses_line(self, install, capsys):
        install("cs231n")
        x = np.array([3.0])
        state = np.random.get_state(legacy=False)["state"]["key"].tolist()
        assert (
            cs231n("gradient_check").grad_check_sparse(lambda x: float(x[0] ** 2), x, 2 * x, num_checks=2)
            is None
        )
        assert (
            np.random.get_state(legacy=False)["state"]["key"].tolist() == state
        )  # NumPy's stream is the notebook's
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("numerical: 6.000000 analytic: 6.000000, relative error: ")


ROWS_OF_FOUR, THREE_CLASSES = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 3
DATA = {
    "X_train": ROWS_OF_FOUR,
    "y_train": THREE_CLASSES,
    "X_val": ROWS_OF_FOUR[:5],
    "y_val": THREE_CLASSES[:5],
}


class TestSolver:
    def test_lines_and_no_progress_bar(self, install, capsys):
        install("cs231n")
        np.random.seed(0)
        net = cs231n("classifiers.fc_net").TwoLayerNet(4, 5, 3)
        solver = cs231n("solver").Solver(net, DATA, num_epochs=2, batch_size=10, print_every=2)
        solver.train()
        said = capsys.readouterr()
        assert said.err == ""
        losses, train, val = solver.loss_history, solver.train_acc_history, solver.val_acc_history
        epoch = "(Epoch {} / 2) train acc: {:f}; val_acc: {:f}"
        assert said.out.splitlines() == [
            f"(Iteration 1 / 4) loss: {losses[0]:f}",
            epoch.format(0, train[0], val[0]),
            epoch.format(1, train[1], val[1]),
            f"(Iteration 3 / 4) loss: {losses[2]:f}",
            epoch.format(2, train[2], val[2]),
        ]
        assert solver.verbose is True

    def test_numbers_are_the_librarys(self, install):
        from nndl.fc_net import TwoLayerNet
        from nndl.solver import Solver

        install("cs231n")
        results = []
        for net_class, solver_class in ((TwoLayerNet, Solver), (TwoLayerNet, cs231n("solver").Solver)):
            np.random.seed(0)
            solver = solver_class(net_class(4, 5, 3), DATA, num_epochs=2, batch_size=10, verbose=False)
            solver.train()
            results.append((solver.loss_history, solver.val_acc_history))
        assert results[0] == results[1]

    def test_a_search_goes_on_after_a_run_that_diverged(self, install, capsys):
        install("cs231n")
        net = cs231n("classifiers.fc_net").TwoLayerNet(4, 5, 3)
        net.params["W1"][:] = np.nan
        solver = cs231n("solver").Solver(net, DATA, num_epochs=1, batch_size=10, verbose=False)
        solver.train()
        assert "training diverged: the loss of iteration 1 is nan" in capsys.readouterr().err
        # all scores are NaN, and argmax takes the first: the check of iteration 1 was held nevertheless
        assert solver.best_val_acc == max(solver.val_acc_history) == np.mean(DATA["y_val"] == 0)
        assert max(solver.train_acc_history) == np.mean(DATA["y_train"] == 0)

    def test_cs231n_keeps_its_keys_beside_c147(self, install):
        for course in ("c147", "cs231n"):
            install(course)
        keys = []
        for name in ("cs231n.solver", "utils.solver"):
            net = cs231n("classifiers.fc_net").TwoLayerNet(4, 5, 3)
            solver = importlib.import_module(name).Solver(
                net, DATA, update_rule="rmsprop", num_epochs=1, batch_size=10, verbose=False
            )
            solver.train()
            keys.append(solver.optim_configs["W1"].keys() & {"a", "cache"})
        assert keys == [{"cache"}, {"a"}]


def test_signatures_are_the_courses(install):
    install("cs231n")
    want = {
        "classifiers.fc_net.TwoLayerNet": "input_dim hidden_dim num_classes weight_scale reg",
        "classifiers.fc_net.FullyConnectedNet": "hidden_dims input_dim num_classes dropout_keep_ratio "
        "normalization reg weight_scale dtype seed",
        "classifiers.cnn.ThreeLayerConvNet": "input_dim num_filters filter_size hidden_dim num_classes "
        "weight_scale reg dtype",
        "data_utils.get_CIFAR10_data": "num_training num_validation num_test subtract_mean",
        "data_utils.load_CIFAR10": "ROOT",
    }
    for name, parameters in want.items():
        module, _, attribute = name.rpartition(".")
        signature = inspect.signature(getattr(cs231n(module), attribute))
        positional = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == parameters.split(), name
