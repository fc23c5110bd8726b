"""The functions of the milestone pytorch through arrays: same values as through tensors."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import pytorch  # noqa: E402
from nndl.as_arrays import nets as ta  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def rng():
    torch.manual_seed(0)
    return np.random.default_rng(0)


@pytest.fixture
def params(rng):
    shapes = [(6, 3, 5, 5), (6,), (4, 6, 3, 3), (4,), (4096, 10), (10,)]
    return [rng.normal(scale=0.1, size=shape) for shape in shapes]


def test_the_three_convnets_agree(rng, params):
    x = rng.normal(size=(2, 3, 32, 32))
    want = pytorch.three_layer_convnet(torch.from_numpy(x), [torch.from_numpy(p) for p in params]).numpy()
    np.testing.assert_array_equal(ta.barebones_convnet_scores(x, params), want)
    for kind in ("module", "sequential"):
        np.testing.assert_allclose(ta.module_convnet_scores(x, params, kind), want, rtol=1e-3, atol=1e-4)


def test_gradients_agree_with_differences(rng, params):
    x, y = rng.normal(size=(2, 3, 32, 32)), np.array([3, 7])
    gradients = ta.barebones_convnet_gradients(x, y, params)
    assert [g.shape for g in gradients] == [p.shape for p in params]

    def loss():
        scores = ta.barebones_convnet_scores(x, params)
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[[0, 1], y])

    for p, g in zip(params, gradients, strict=True):
        where = tuple(rng.integers(0, n) for n in p.shape)
        old = p[where]
        p[where] = old + 1e-7
        up = loss()
        p[where] = old - 1e-7
        down = loss()
        p[where] = old
        assert g[where] == pytest.approx((up - down) / 2e-7, abs=1e-6)  # short of the next kink


def test_parameters_and_initial_weights_have_their_shapes(rng):
    assert [p.shape for p in ta.barebones_convnet_params(5, 4, 10)] == [
        (5, 3, 5, 5), (5,), (4, 5, 3, 3), (4,), (4096, 10), (10,),
    ]  # fmt: skip
    for kind in ("module", "sequential"):
        assert [w.shape for w in ta.module_convnet_params(3, 5, 4, 7, kind)] == [
            (5, 3, 5, 5), (5,), (4, 5, 3, 3), (4,), (4096, 7), (7,),
        ]  # fmt: skip


def test_a_net_of_other_layers_is_refused(rng, params, monkeypatch):
    monkeypatch.setattr(
        pytorch, "sequential_convnet", lambda *sizes: torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3))
    )
    with pytest.raises(ValueError, match=r"must have the parameters .*shapes: \(6, 3, 3, 3\)"):
        ta.module_convnet_scores(np.zeros((1, 3, 32, 32)), params, "sequential")
    with pytest.raises(ValueError, match="kind must be"):
        ta.module_convnet_scores(np.zeros((1, 3, 32, 32)), params, "other")


def test_gradients_of_modules_agree_with_those_of_tensors(rng, params):
    x, y = rng.normal(size=(2, 3, 32, 32)), np.array([3, 7])
    for kind in ("module", "sequential"):
        got = ta.module_convnet_gradients(x, y, params, kind)
        for a, b in zip(got, ta.barebones_convnet_gradients(x, y, params), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())


def test_a_seed_repeats_the_draws_and_leaves_the_generator_alone(rng):
    before = torch.random.get_rng_state()
    one = ta.barebones_convnet_params(2, 3, 4, seed=5)
    for a, b in zip(one, ta.barebones_convnet_params(2, 3, 4, seed=5), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (ta.barebones_convnet_params(2, 3, 4, seed=6)[0] != one[0]).any()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_parameters_that_cannot_be_trained_are_named(monkeypatch):
    assert ta.barebones_convnet_leaves(2, 3, 4) == [""] * 6
    leaf = torch.ones(2, requires_grad=True)
    made = [torch.ones(2), 2 * leaf, leaf, leaf.detach().double().requires_grad_()]
    monkeypatch.setattr(pytorch, "three_layer_convnet_params", lambda *sizes: made)
    faults = ta.barebones_convnet_leaves(2, 3, 4)
    for text, fault in zip(faults, ("not require", "not a leaf", "", "float64"), strict=True):
        assert fault in text
        assert bool(fault) == bool(text)


def test_optimizers_follow_their_formulas(rng):
    start = [rng.normal(size=(2, 3)), rng.normal(size=3)]
    gradients = [[rng.normal(size=p.shape) for p in start] for _ in range(4)]
    for name, rate, momentum in (("module_optimizer", 3e-3, 0.0), ("sequential_optimizer", 1e-2, 0.9)):
        path = ta.optimizer_path(name, start, gradients)
        for which, p in enumerate(start):
            velocity, value = np.zeros_like(p), p.copy()
            for step, got in zip(gradients, path, strict=True):
                velocity = momentum * velocity + step[which]
                value = value - rate * (step[which] + momentum * velocity)
                np.testing.assert_allclose(got[which], value, rtol=1e-12)


def test_open_ended_net_can_be_trained_stored_and_put_back(rng):
    x, y = rng.normal(size=(8, 3, 32, 32)).astype(np.float32), np.arange(8)
    net = ta.OpenEndedNet(seed=0)
    assert net.forgotten() == []
    before = net.scores(x)
    losses = net.train(x, y, 20)
    assert losses[-1] < 0.5 * losses[0]
    after = net.scores(x)
    assert (after != before).any()
    other = ta.OpenEndedNet(seed=1)
    assert other.parameters() == net.parameters()
    other.put(net.arrays())
    np.testing.assert_allclose(other.scores(x), after, rtol=1e-6)
    with pytest.raises(ValueError, match="only on one side"):
        other.put({"weight": np.zeros(3)})


def test_what_is_not_a_net_is_named(monkeypatch):
    monkeypatch.setattr(pytorch, "open_ended_net", lambda epochs: torch.nn.Linear(2, 3))
    with pytest.raises(TypeError, match="a module and an optimizer"):
        ta.OpenEndedNet()
