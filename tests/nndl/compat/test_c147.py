"""UCLA C147: its modules, its keys of an optimizer's state, its networks' arguments, homework 2."""

from __future__ import annotations

import importlib
import inspect
import re

import numpy as np
import pytest

import nndl.cnn
import nndl.fc_net
import nndl.layers
import nndl.optim
from nndl import compat
from nndl.gradient_check import eval_numerical_gradient, rel_error

LIBRARY = {name: getattr(nndl, name) for name in ("cnn", "fc_net", "layers", "optim")}


@pytest.fixture(autouse=True)
def c147(install):
    install("c147")


def star(module):
    namespace: dict = {}
    exec(f"from {module} import *", namespace)
    return namespace


@pytest.mark.parametrize(
    "module", ["nndl.fc_net", "nndl.layers", "nndl.layer_utils", "nndl.conv_layers", "nndl.cnn"]
)
def test_a_star_import_brings_the_layers_and_numpy(module):
    names = star(module)
    assert names["np"] is np
    assert {
        "affine_forward",
        "relu_backward",
        "batchnorm_forward",
        "dropout_backward",
        "softmax_loss",
    } <= names.keys()


def test_convolutions_have_modules_of_their_own():
    assert {"conv_forward_naive", "max_pool_backward_naive", "spatial_batchnorm_forward"} <= star(
        "nndl.conv_layers"
    ).keys()
    assert {"conv_relu_forward", "conv_relu_pool_backward"} <= star("nndl.conv_layer_utils").keys()


def test_a_star_import_of_the_package_brings_the_classes_of_homework_2():
    names = star("nndl")
    for name in ("KNN", "SVM", "Softmax"):
        assert names[name] is getattr(nndl, name)
    assert names["np"] is np
    assert "Path" not in names
    compat.uninstall()
    assert "KNN" not in star("nndl")


def test_the_library_keeps_its_own_exports():
    """Star imports are wide under the course's name only."""
    compat.uninstall()
    for name, module in LIBRARY.items():
        assert importlib.import_module(f"nndl.{name}") is module is getattr(nndl, name)
        assert "np" not in module.__all__
    assert star("nndl.fc_net").keys() - {"__builtins__"} == {"FullyConnectedNet", "TwoLayerNet"}
    for gone in ("conv_layers", "KNN", "layer_tests"):
        assert not hasattr(nndl, gone)
    with pytest.raises(TypeError, match="gamma must hold floating-point numbers"):
        LIBRARY["layers"].batchnorm_forward(np.ones((2, 1)), np.array([3]), np.array([6]), {"mode": "train"})


def test_modules_of_the_library_still_find_its_parts():
    """`nndl.layers` is a package; what is loaded later looks into it."""
    assert importlib.import_module("nndl.layers.affine").affine_forward is LIBRARY["layers"].affine_forward
    assert importlib.import_module("nndl.layers").__path__ == LIBRARY["layers"].__path__


class TestUpdateRules:
    def step(self, rule, **config):
        w, dw = np.linspace(-0.4, 0.6, 20).reshape(4, 5), np.linspace(-0.6, 0.4, 20).reshape(4, 5)
        optim = importlib.import_module("nndl.optim")
        next_w, returned = getattr(optim, rule)(w, dw, config)
        want_w, want = getattr(LIBRARY["optim"], {"sgd_nesterov_momentum": "nesterov"}.get(rule, rule))(
            w, dw, self.translated(rule, config_before=self.before)
        )
        np.testing.assert_array_equal(next_w, want_w)
        assert returned is not None
        return returned, want

    def translated(self, rule, config_before):
        names = {"rmsprop": {"a": "cache"}, "adam": {"v": "m", "a": "v"}}.get(rule, {})
        return {names.get(key, key): value for key, value in config_before.items()}

    def run(self, rule, **config):
        self.before = {key: np.copy(v) if isinstance(v, np.ndarray) else v for key, v in config.items()}
        return self.step(rule, **config)

    def test_rmsprop_keeps_its_mean_square_under_a(self):
        got, want = self.run("rmsprop", learning_rate=1e-2, a=np.linspace(0.6, 0.9, 20).reshape(4, 5))
        np.testing.assert_array_equal(got["a"], want["cache"])
        assert "cache" not in got

    def test_adam_keeps_the_first_moment_under_v_and_the_second_under_a(self):
        v, a = np.linspace(0.6, 0.9, 20).reshape(4, 5), np.linspace(0.7, 0.5, 20).reshape(4, 5)
        got, want = self.run("adam", learning_rate=1e-2, v=v, a=a, t=5)
        np.testing.assert_array_equal(got["v"], want["m"])
        np.testing.assert_array_equal(got["a"], want["v"])
        assert got["t"] == 6
        assert "m" not in got

    def test_from_nothing_the_state_comes_under_the_courses_keys(self):
        for rule, keys in (("rmsprop", {"a"}), ("adam", {"v", "a"})):
            got, _ = self.run(rule)
            assert keys <= got.keys()
            assert not {"cache", "m"} & got.keys()

    def test_the_dict_itself_is_changed_and_several_steps_go_on(self):
        optim = importlib.import_module("nndl.optim")
        w, want_w = np.ones(3), np.ones(3)
        config: dict = {}
        want: dict = {}
        for dw in np.random.default_rng(0).normal(size=(4, 3)):
            w, returned = optim.adam(w, dw, config)
            want_w, _ = LIBRARY["optim"].adam(want_w, dw, want)
            assert returned is config
        np.testing.assert_array_equal(w, want_w)

    def test_a_config_in_the_librarys_names_is_read_so(self):
        optim = importlib.import_module("nndl.optim")
        config: dict = {"m": np.ones(3), "v": np.ones(3), "t": 1}
        want = {key: np.copy(value) for key, value in config.items()} | {"t": 1}
        got_w, _ = optim.adam(np.ones(3), np.ones(3), config)
        want_w, _ = LIBRARY["optim"].adam(np.ones(3), np.ones(3), want)
        np.testing.assert_array_equal(got_w, want_w)
        np.testing.assert_array_equal(config["m"], want["m"])

    def test_an_unknown_key_is_an_error(self):
        with pytest.raises(ValueError, match=r"the key 'momentun'.*did you mean 'momentum'\?"):
            importlib.import_module("nndl.optim").sgd_nesterov_momentum(
                np.ones(2), np.ones(2), {"momentun": 0.5}
            )

    @pytest.mark.parametrize(("rule", "keys"), [("rmsprop", ["a"]), ("adam", ["v", "a"])])
    @pytest.mark.parametrize("module", ["utils.solver", "cs231n.solver"])
    def test_the_solver_keeps_the_state_under_the_courses_keys(self, module, rule, keys):
        X, y = np.random.default_rng(0).normal(size=(8, 4)), np.arange(8) % 3
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        np.random.seed(0)
        net = importlib.import_module("nndl.fc_net").FullyConnectedNet([5], 4, 3, dtype=np.float64)
        rules = dict(LIBRARY["optim"].UPDATE_RULES)
        solver = importlib.import_module(module).Solver(
            net, data, update_rule=rule, num_epochs=1, batch_size=8, verbose=False
        )
        solver.train()
        config = solver.optim_configs["W1"]
        assert {*keys} <= config.keys()
        assert not {"cache", "m"} & config.keys()
        assert rules == LIBRARY["optim"].UPDATE_RULES

    def test_the_solver_starts_from_the_courses_keys_and_takes_the_librarys_steps(self):
        X, y = np.random.default_rng(0).normal(size=(8, 4)), np.arange(8) % 3
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}

        class Net:
            def __init__(self):
                self.params = {"W": np.ones((4, 3))}

            def loss(self, X, y=None):
                scores = X @ self.params["W"]
                if y is None:
                    return scores
                loss, dscores = LIBRARY["layers"].softmax_loss(scores, y)
                return loss, {"W": X.T @ dscores}

        from utils.solver import Solver

        from nndl.compat.shared.solver import Solver as SharedSolver

        states = []
        for solver_class, key in ((Solver, "a"), (SharedSolver, "cache")):
            np.random.seed(0)
            config = {key: np.full((4, 3), 0.5), "learning_rate": 0.1}
            settings = {"num_epochs": 3, "batch_size": 4, "verbose": False}
            solver = solver_class(Net(), data, update_rule="rmsprop", optim_config=config, **settings)
            solver.train()
            states.append((solver.optim_configs["W"][key], solver.loss_history))
        np.testing.assert_array_equal(states[0][0], states[1][0])
        assert states[0][1] == states[1][1]

    @pytest.mark.parametrize(
        ("rule", "config", "message"),
        [
            ("rmsprop", {"rate": 1}, r"the key 'rate'.* epsilon, a; did you mean 'decay_rate'"),
            ("adam", {"cache": np.ones(2)}, r"the key 'cache', but this rule knows .* epsilon, v, a$"),
            ("adam", {"v": np.ones(3)}, r"config\['v'\] must have the shape of w, \(2,\)"),
            ("adam", {"a": np.ones(3)}, r"config\['a'\] must have the shape of w, \(2,\)"),
        ],
    )
    def test_errors_name_the_courses_keys(self, rule, config, message):
        with pytest.raises(ValueError, match=message):
            getattr(importlib.import_module("nndl.optim"), rule)(np.ones(2), np.ones(2), config)

    def test_nesterov_under_its_name_here_and_in_the_solver(self):
        got, want = self.run("sgd_nesterov_momentum", learning_rate=1e-3, velocity=np.ones((4, 5)))
        np.testing.assert_array_equal(got["velocity"], want["velocity"])
        from utils.solver import Solver

        X, y = np.random.default_rng(0).normal(size=(8, 4)), np.arange(8) % 3
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        weights = []
        for rule in ("sgd_nesterov_momentum", "nesterov"):
            np.random.seed(0)
            net = importlib.import_module("nndl.fc_net").FullyConnectedNet([5], 4, 3)
            Solver(net, data, update_rule=rule, num_epochs=2, batch_size=4, verbose=False).train()
            weights.append(net.params["W1"])
        np.testing.assert_array_equal(*weights)


class TestNetworks:
    def test_two_layer_net_has_dropout_in_the_fourth_place(self):
        np.random.seed(0)
        net = importlib.import_module("nndl.fc_net").TwoLayerNet(10, 20, 3, 0, 1e-1, 0.5)
        assert net.params["W1"].shape == (10, 20)
        assert net.params["W1"].std() == pytest.approx(0.1, rel=0.15)
        assert net.reg == 0.5

    def test_fully_connected_net_takes_the_courses_order(self):
        FullyConnectedNet = importlib.import_module("nndl.fc_net").FullyConnectedNet
        assert list(inspect.signature(FullyConnectedNet).parameters) == [
            *("hidden_dims", "input_dim", "num_classes", "dropout", "use_batchnorm"),
            *("reg", "weight_scale", "dtype", "seed"),
        ]
        net = FullyConnectedNet([5], 4, 3, 0.25, True, 0.5, 1e-1, np.float64, 7)
        assert net.dropout_param == {"mode": "train", "p": 0.25, "seed": 7}
        assert (net.use_batchnorm, net.reg, net.dtype) == (True, 0.5, np.float64)
        assert not FullyConnectedNet([5], 4, 3, 0).use_dropout
        assert not FullyConnectedNet([5], 4, 3, 1).use_dropout

    def test_dropout_keeps_with_p_in_every_year(self):
        np.random.seed(0)
        out, _ = star("nndl.layers")["dropout_forward"](np.ones((300, 300)), {"p": 0.3, "mode": "train"})
        assert (out == 0).mean() == pytest.approx(0.7, abs=0.01)

    def test_labels_of_any_number_type(self):
        X, y = np.random.default_rng(0).normal(size=(4, 3, 8, 8)), np.array([0, 1, 2, 0])
        fc_net, cnn, neural_net = (
            importlib.import_module(f"nndl.{name}") for name in ("fc_net", "cnn", "neural_net")
        )
        nets = [
            fc_net.TwoLayerNet(192, 5, 3),
            fc_net.FullyConnectedNet([5], 192, 3),
            cnn.ThreeLayerConvNet((3, 8, 8), 2, 3, 5, 3),
            neural_net.TwoLayerNet(192, 5, 3),
        ]
        for net in nets:
            rows = X.reshape(4, -1) if net is nets[-1] else X
            want = net.loss(rows, y)[0]
            for labels in (y.tolist(), y.astype(float), y[:, np.newaxis]):
                assert net.loss(rows, labels)[0] == want

    @pytest.mark.parametrize("use_batchnorm", [False, True])
    def test_conv_net_with_batchnorm(self, use_batchnorm):
        ThreeLayerConvNet = importlib.import_module("nndl.cnn").ThreeLayerConvNet
        assert list(inspect.signature(ThreeLayerConvNet).parameters)[-1] == "use_batchnorm"
        np.random.seed(0)
        net = ThreeLayerConvNet((2, 4, 4), 2, 3, 3, 3, 0.5, 0.1, np.float64, use_batchnorm)
        X, y = np.random.randn(5, 2, 4, 4), np.array([0, 1, 2, 1, 0])
        loss, grads = net.loss(X, y)
        assert np.isfinite(loss)
        assert grads.keys() == net.params.keys()
        assert ("gamma1" in grads) == use_batchnorm
        for name, grad in grads.items():
            numeric = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params[name], verbose=False)
            if use_batchnorm and name in ("b1", "b2"):  # batchnorm takes a bias away: both are rounding
                assert np.abs(grad).max() < 1e-9
            else:
                assert rel_error(grad, numeric) < 1e-5, name
        assert net.loss(X).shape == (5, 3)
        assert [bn_param["mode"] for bn_param in net.bn_params] == ["test", "test"] * use_batchnorm

    def test_batchnorm_counts_at_test_time(self):
        np.random.seed(0)
        net = importlib.import_module("nndl.cnn").ThreeLayerConvNet((2, 4, 4), 2, 3, 3, 3, use_batchnorm=True)
        X = np.random.randn(5, 2, 4, 4)
        net.loss(X, np.zeros(5))
        np.testing.assert_allclose(net.loss(X)[:1], net.loss(X[:1]), rtol=1e-5)


def test_layer_tests_print_small_differences(capsys):
    tests = star("nndl.layer_tests")
    np.random.seed(0)
    for name in ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "affine_relu"):
        tests[f"{name}_test"]()
        said = capsys.readouterr().out
        errors = [float(value) for value in re.findall(r"(?:difference|error): (\S+)", said)]
        assert errors, name
        assert max(errors) < (1e-7 if name == "relu_forward" else 1e-8)
    tests["fc_net_test"]()
    said = capsys.readouterr().out
    assert len(re.findall(r"[Wb]\d relative error: ", said)) == 12
    assert re.search(r"reg = 3.14\nInitial loss: [67]\.", said)


class TestHomework2:
    X = np.random.default_rng(0).normal(size=(30, 6))
    y = np.random.default_rng(1).integers(0, 4, size=30)

    def test_nearest_neighbours(self):
        knn = importlib.import_module("nndl").KNN()
        knn.train(X=self.X[:20], y=self.y[:20])
        dists = knn.compute_distances(X=self.X[20:])
        want = np.linalg.norm(self.X[20:, None] - self.X[None, :20], axis=2)
        np.testing.assert_allclose(dists, want)
        np.testing.assert_allclose(knn.compute_L2_distances_vectorized(X=self.X[20:]), want)
        ones = knn.compute_distances(self.X[20:], norm=lambda x: np.linalg.norm(x, ord=1))
        np.testing.assert_allclose(ones, np.abs(self.X[20:, None] - self.X[None, :20]).sum(axis=2))
        np.testing.assert_array_equal(knn.predict_labels(dists), self.y[:20][want.argmin(axis=1)])

    @pytest.mark.parametrize("name", ["Softmax", "SVM"])
    def test_linear_classifiers(self, name, capsys):
        module = importlib.import_module(f"nndl.{name.lower()}")
        np.random.seed(0)
        model = getattr(module, name)(dims=[4, 6])
        assert model.W.shape == (4, 6)
        model.W = np.random.randn(4, 6)
        loss, grad = model.loss_and_grad(self.X, self.y)
        fast_loss, fast_grad = model.fast_loss_and_grad(self.X, self.y)
        assert loss == pytest.approx(fast_loss)
        assert model.loss(self.X, self.y) == pytest.approx(fast_loss)
        np.testing.assert_allclose(grad, fast_grad, atol=1e-12)
        model.grad_check_sparse(self.X, self.y, grad, num_checks=3)
        errors = re.findall(r"numerical: \S+ analytic: \S+, relative error: (\S+)", capsys.readouterr().out)
        assert len(errors) == 3
        assert max(map(float, errors)) < 1e-6
        history = model.train(self.X, self.y, learning_rate=0.1, num_iters=201, batch_size=10, verbose=True)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in lines] == [f"iteration {i} / 201" for i in (0, 100, 200)]
        assert lines[1].endswith(f"loss {history[100]}")
        assert np.mean(history[-20:]) < np.mean(history[:5])
        assert model.predict(self.X).shape == (30,)


def test_training_prints_the_courses_lines_with_all_digits(capsys):
    neural_net = importlib.import_module("nndl.neural_net")
    X, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 3
    np.random.seed(0)
    net = neural_net.TwoLayerNet(4, 5, 3, std=0.1)
    stats = net.train(X, y, X, y, learning_rate=0.1, num_iters=102, batch_size=10, verbose=True)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"iteration {it} / 102: loss {stats['loss_history'][it]}" for it in (0, 100)
    ]
    assert said.err == ""  # no progress bar

    compat.uninstall()
    np.random.seed(0)
    want = importlib.import_module("nndl.neural_net").TwoLayerNet(4, 5, 3, std=0.1)
    assert want.train(X, y, X, y, learning_rate=0.1, num_iters=102, batch_size=10) == stats
