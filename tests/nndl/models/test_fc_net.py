"""The fully connected nets: parameters, loss, gradients, normalization, dropout."""

import numpy as np
import pytest

from nndl.fc_net import FullyConnectedNet, TwoLayerNet
from nndl.gradient_check import eval_numerical_gradient
from nndl.solver import Solver

KEEP = {"dropout_keep_ratio": 0.7, "seed": 5}


def assert_gradients(net, X, y, atol=1e-7):
    _, grads = net.loss(X, y)
    assert set(grads) == set(net.params)
    for name, array in net.params.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(X, y)[0], array, verbose=False)
        np.testing.assert_allclose(grads[name], numeric, atol=atol, err_msg=name)


@pytest.fixture
def batch():
    rng = np.random.default_rng(6)
    return rng.normal(size=(6, 2, 4)), np.array([0, 1, 2, 2, 1, 0])


class TestTwoLayerNet:
    def test_initial_values(self):
        np.random.seed(2)
        net = TwoLayerNet(input_dim=6, hidden_dims=50, num_classes=7, weight_scale=1e-2)
        np.random.seed(2)
        np.testing.assert_array_equal(net.params["W1"], 1e-2 * np.random.randn(6, 50))
        np.testing.assert_array_equal(net.params["W2"], 1e-2 * np.random.randn(50, 7))
        assert net.params["b1"].shape == (50,)
        assert net.params["b2"].shape == (7,)
        assert not net.params["b1"].any()
        assert not net.params["b2"].any()

    def test_defaults_and_both_names_of_the_hidden_size(self):
        net = TwoLayerNet()
        assert net.params["W1"].shape == (3072, 100)
        assert net.params["W2"].shape == (100, 10)
        assert net.reg == 0
        assert TwoLayerNet(hidden_dim=7).params["W1"].shape == (3072, 7)
        assert TwoLayerNet(5, 7, 3, 0.5, 1e-2, 0.1).reg == 0.1
        TwoLayerNet(hidden_dims=7, hidden_dim=7)
        with pytest.raises(ValueError, match="hidden_dims and hidden_dim are two names"):
            TwoLayerNet(hidden_dims=100, hidden_dim=7)
        with pytest.raises(TypeError, match="hidden_dims must be an integer"):
            TwoLayerNet(hidden_dims=[7])  # type: ignore[arg-type]

    @pytest.mark.parametrize("reg", [0, 0.7])
    def test_gradients(self, batch, reg):
        np.random.seed(3)
        net = TwoLayerNet(8, 5, 3, weight_scale=0.5, reg=reg)
        for name in ("b1", "b2"):
            net.params[name] += np.random.randn(*net.params[name].shape)
        assert_gradients(net, *batch)

    def test_scores_and_loss_agree(self, batch):
        X, y = batch
        net = TwoLayerNet(8, 5, 3, weight_scale=0.5)
        scores = net.loss(X)
        assert scores.shape == (6, 3)
        expected = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(6), y])
        assert net.loss(X, y)[0] == pytest.approx(expected)
        net.reg = 2.0
        squares = sum((net.params[name] ** 2).sum() for name in ("W1", "W2"))
        assert net.loss(X, y)[0] == pytest.approx(expected + squares)


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "keep"),
        [
            ({}, None),
            ({"dropout_keep_ratio": 1}, None),
            ({"dropout_keep_ratio": 0.4}, 0.4),
            ({"dropout": 0}, None),
            ({"dropout": 1}, None),
            ({"dropout": 0.4}, 0.4),
            ({"dropout": 0.4, "dropout_keep_ratio": 0.4}, 0.4),
            ({"dropout": 0, "dropout_keep_ratio": 1}, None),
        ],
    )
    def test_dropout(self, given, keep):
        net = FullyConnectedNet([4], 3, 2, **given)
        assert net.use_dropout == (keep is not None)
        assert net.dropout_param == ({} if keep is None else {"mode": "train", "p": keep})

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            ({}, None),
            ({"normalization": None}, None),
            ({"normalization": "batchnorm"}, "batchnorm"),
            ({"normalization": "layernorm"}, "layernorm"),
            ({"use_batchnorm": True}, "batchnorm"),
            ({"use_batchnorm": False}, None),
            ({"use_batchnorm": True, "normalization": "batchnorm"}, "batchnorm"),
            ({"use_batchnorm": False, "normalization": "layernorm"}, "layernorm"),
        ],
    )
    def test_normalization(self, given, kind):
        net = FullyConnectedNet([4, 5], 3, 2, **given)
        assert net.normalization == kind
        assert net.use_batchnorm == (kind == "batchnorm")
        assert net.bn_params == {None: [], "batchnorm": [{"mode": "train"}] * 2, "layernorm": [{}, {}]}[kind]
        assert all(a is not b for a, b in zip(net.bn_params, net.bn_params[1:], strict=False))

    @pytest.mark.parametrize(
        "given",
        [
            {"dropout": 0.5, "dropout_keep_ratio": 1},
            {"dropout": 0, "dropout_keep_ratio": 0.5},
            {"dropout": 0.5, "dropout_keep_ratio": 0.6},
            {"use_batchnorm": True, "normalization": "layernorm"},
            {"use_batchnorm": False, "normalization": "batchnorm"},
        ],
    )
    def test_two_names_that_disagree(self, given):
        with pytest.raises(ValueError, match="disagree"):
            FullyConnectedNet([4], **given)

    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"dropout_keep_ratio": 0}, "dropout_keep_ratio must be above 0"),
            ({"dropout_keep_ratio": 1.2}, "dropout_keep_ratio must be"),
            ({"dropout": -0.1}, "dropout must be"),
            ({"normalization": "batch"}, "normalization must be one of None, 'batchnorm', 'layernorm'"),
            ({"dtype": np.int32}, "dtype must be a floating-point type"),
            ({"weight_scale": -1}, "weight_scale must be at least 0"),
            ({"input_dim": 0}, "input_dim must be at least 1"),
        ],
    )
    def test_out_of_range(self, given, match):
        with pytest.raises(ValueError, match=match):
            FullyConnectedNet([4], **given)

    def test_positional_order(self):
        net = FullyConnectedNet([4], 3, 2, 0.5, "layernorm", 0.1, 1e-3, np.float64, 9)
        assert net.dropout_param == {"mode": "train", "p": 0.5, "seed": 9}
        assert net.normalization == "layernorm"
        assert net.reg == 0.1
        assert net.dtype == np.float64


class TestFullyConnectedNet:
    @pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
    def test_initial_values_and_draw_order(self, normalization):
        np.random.seed(4)
        net = FullyConnectedNet([5, 6], 3, 2, normalization=normalization, weight_scale=0.1)
        np.random.seed(4)
        for i, shape in enumerate([(3, 5), (5, 6), (6, 2)], start=1):
            expected = (0.1 * np.random.randn(*shape)).astype(np.float32)
            np.testing.assert_array_equal(net.params[f"W{i}"], expected)
            np.testing.assert_array_equal(net.params[f"b{i}"], np.zeros(shape[1]))
        norm_keys = {f"{name}{i}" for name in ("gamma", "beta") for i in (1, 2)}
        assert set(net.params) == {"W1", "W2", "W3", "b1", "b2", "b3"} | (
            norm_keys if normalization else set()
        )
        for key in norm_keys & set(net.params):
            np.testing.assert_array_equal(net.params[key], np.full(4 + int(key[-1]), key.startswith("gamma")))
        assert net.num_layers == 3
        assert {value.dtype for value in net.params.values()} == {np.dtype(np.float32)}

    @pytest.mark.parametrize("dropout", [{}, KEEP])
    @pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
    @pytest.mark.parametrize("hidden_dims", [[], [5], [7, 5, 6]])
    @pytest.mark.parametrize("reg", [0.0, 0.6])
    def test_gradients(self, batch, hidden_dims, normalization, dropout, reg):
        np.random.seed(1)
        net = FullyConnectedNet(
            hidden_dims,
            8,
            3,
            normalization=normalization,
            reg=reg,
            weight_scale=0.5,
            dtype=np.float64,
            **dropout,
        )
        for name, value in net.params.items():
            if name[0] != "W":
                value += 0.3 * np.random.randn(*value.shape)
        assert_gradients(net, batch[0], batch[1], atol=2e-6)

    def test_seeded_losses_of_the_course(self):
        # 002.fc.loss_reg0, 002.fc.loss_reg3.14
        np.random.seed(231)
        X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
        for reg, expected in ((0, 2.3004790897684924), (3.14, 7.052114776533016)):
            net = FullyConnectedNet([20, 30], 15, 10, reg=reg, weight_scale=5e-2, dtype=np.float64)
            assert net.loss(X, y)[0] == pytest.approx(expected, rel=1e-10)

    def test_without_hidden_layers_it_is_linear(self, batch):
        X, _ = batch
        net = FullyConnectedNet([], 8, 3, normalization="batchnorm", dropout=0.5, dtype=np.float64)
        np.testing.assert_allclose(net.loss(X), X.reshape(6, 8) @ net.params["W1"])
        assert net.bn_params == []

    def test_output_layer_is_neither_normalized_nor_rectified_nor_dropped(self, batch):
        X, y = batch
        np.random.seed(0)
        net = FullyConnectedNet([9], 8, 3, normalization="layernorm", dtype=np.float64, weight_scale=1.0)
        net.params["b2"] -= 100
        scores = net.loss(X)
        assert (scores < 0).all()
        assert scores.std() > 1e-3
        assert set(net.loss(X, y)[1]) == set(net.params)

    def test_inputs_are_cast(self, batch):
        X, y = batch
        net = FullyConnectedNet([5], 8, 3, reg=0.1, normalization="batchnorm", dropout=0.5)
        assert net.loss(X).dtype == np.float32
        assert {grad.dtype for grad in net.loss(X, y)[1].values()} == {np.dtype(np.float32)}
        assert net.loss((10 * X).astype(np.int64)).shape == (6, 3)
        assert X.dtype == np.float64

    def test_mode_follows_the_labels(self, batch):
        X, y = batch
        net = FullyConnectedNet([5, 4], 8, 3, normalization="batchnorm", dropout=0.5)
        net.loss(X, y)
        assert [bn_param["mode"] for bn_param in net.bn_params] == ["train", "train"]
        assert net.dropout_param["mode"] == "train"
        running = [bn_param["running_mean"].copy() for bn_param in net.bn_params]
        first, second = net.loss(X), net.loss(X[::-1])[::-1]
        assert [bn_param["mode"] for bn_param in net.bn_params] == ["test", "test"]
        assert net.dropout_param["mode"] == "test"
        assert not any(key in ("train", "test") for bn_param in net.bn_params for key in bn_param)
        np.testing.assert_allclose(first, second, rtol=1e-5)
        for bn_param, mean in zip(net.bn_params, running, strict=True):
            np.testing.assert_array_equal(bn_param["running_mean"], mean)

    def test_unused_features_leave_no_trace(self, batch):
        net = FullyConnectedNet([5], 8, 3)
        net.loss(*batch)
        assert net.dropout_param == {}
        layernorm = FullyConnectedNet([5], 8, 3, normalization="layernorm")
        layernorm.loss(*batch)
        assert layernorm.bn_params == [{}]

    def test_seed_repeats_the_masks(self, batch):
        net = FullyConnectedNet([20], 8, 3, dropout=0.5, seed=3)
        assert net.loss(*batch)[0] == net.loss(*batch)[0]
        free = FullyConnectedNet([20], 8, 3, dropout=0.5, weight_scale=1.0)
        assert free.loss(*batch)[0] != free.loss(*batch)[0]

    def test_plain_net_runs_while_the_later_milestones_are_stubs(self, batch, monkeypatch):
        def stub(*args):
            raise NotImplementedError

        for name in ("_normalize", "_normalize_backward", "_drop_out", "_drop_out_backward"):
            monkeypatch.setattr(FullyConnectedNet, name, stub)
        net = FullyConnectedNet([5, 4], 8, 3)
        net.loss(*batch)
        net.loss(batch[0])
        with pytest.raises(NotImplementedError):
            FullyConnectedNet([5], 8, 3, dropout=0.5).loss(*batch)
        with pytest.raises(NotImplementedError):
            FullyConnectedNet([5], 8, 3, normalization="layernorm").loss(*batch)

    def test_overfits_fifty_rows(self):
        np.random.seed(0)
        X, y = np.random.randn(50, 60), np.arange(50) % 10
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        net = FullyConnectedNet([40, 40], 60, weight_scale=0.1)
        solver = Solver(
            net,
            data,
            update_rule="adam",
            optim_config={"learning_rate": 1e-2},
            batch_size=25,
            num_epochs=15,
            verbose=False,
        )
        solver.train()
        assert max(solver.train_acc_history) == 1
