"""The update rules, their state and their registry."""

from typing import Any

import numpy as np
import pytest

from nndl import optim

NAMES = ["adam", "adamw", "nesterov", "rmsprop", "sgd", "sgd_momentum"]
STATE = {
    "sgd": [],
    "sgd_momentum": ["velocity"],
    "nesterov": ["velocity"],
    "rmsprop": ["cache"],
    "adam": ["m", "v"],
    "adamw": ["m", "v"],
}
DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 1e-2},
}


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_registry():
    assert sorted(set(optim.UPDATE_RULES) - {"fused_adam"}) == NAMES  # of nndl.fast.optim, if it is imported
    assert optim.get_rule("adam") is optim.adam
    for unknown in ("Adam", "np", "register", "UPDATE_RULES", None):
        with pytest.raises(ValueError, match="update_rule must be one of adam, adamw"):
            optim.get_rule(unknown)


def test_own_rule():
    rules = dict(optim.UPDATE_RULES)

    @optim.register
    def stand_still(w, dw, config=None):
        return w, config

    try:
        assert optim.get_rule("stand_still") is stand_still
    finally:
        optim.UPDATE_RULES.clear()
        optim.UPDATE_RULES.update(rules)


@pytest.mark.parametrize("name", NAMES)
class TestEveryRule:
    def test_defaults(self, name, rng):
        w = rng.normal(size=(3, 2))
        _, config = optim.get_rule(name)(w, rng.normal(size=(3, 2)))
        assert DEFAULTS[name].items() <= config.items()
        for key in STATE[name]:
            assert config[key].shape == (3, 2)
            assert config[key].any()
        assert config.get("t", 1) == 1

    def test_config_is_completed_in_place(self, name, rng):
        config = {"learning_rate": 0.5}
        w, dw = rng.normal(size=(2, 4, 4))
        _, returned = optim.get_rule(name)(w, dw, config)
        assert returned is config
        assert config["learning_rate"] == 0.5
        assert set(STATE[name]) <= set(config)

    def test_an_unknown_key_is_an_error_on_the_first_step(self, name, rng):
        w, dw = rng.normal(size=(2, 4, 4))
        with pytest.raises(
            ValueError, match=r"config has the key 'learning_rat'.*did you mean 'learning_rate'\?"
        ):
            optim.get_rule(name)(w, dw, {"learning_rat": 0.5})
        with pytest.raises(ValueError, match=r"config has the key 'mine', but this rule knows learning_rate"):
            optim.get_rule(name)(w, dw, {"learning_rate": 0.5, "mine": 1})

    def test_what_is_stored_between_the_steps_stays(self, name, rng):
        if not STATE[name]:
            pytest.skip("a rule without a state stores nothing")
        w, dw = rng.normal(size=(2, 4, 4))
        w, config = optim.get_rule(name)(w, dw)
        config["mine"] = "stays"  # as a rule of one's own may do
        optim.get_rule(name)(w, dw, config)
        assert config["mine"] == "stays"

    def test_arguments_stay_except_for_sgd(self, name, rng):
        w, dw = rng.normal(size=(2, 4, 4))
        old_w, old_dw = w.copy(), dw.copy()
        next_w, _ = optim.get_rule(name)(w, dw)
        np.testing.assert_array_equal(dw, old_dw)
        assert not np.array_equal(next_w, old_w)
        if name == "sgd":
            assert next_w is w
        else:
            np.testing.assert_array_equal(w, old_w)
            assert not np.shares_memory(next_w, w)

    def test_descends_a_bowl(self, name):
        w, config = np.array([3.0, -2.0]), {"learning_rate": 0.05}
        start = (w**2).sum()
        for _ in range(200):
            w, config = optim.get_rule(name)(w, 2 * w, config)
        assert (w**2).sum() < 1e-2 * start

    def test_float32_stays_also_with_a_float64_rate(self, name, rng):
        w, dw = rng.normal(size=(2, 3)).astype(np.float32)
        w, config = optim.get_rule(name)(w, dw, {"learning_rate": np.float64(0.1)})
        w, _ = optim.get_rule(name)(w, dw, config)
        assert w.dtype == np.float32
        assert all(config[key].dtype == np.float32 for key in STATE[name])

    def test_shapes_that_differ(self, name):
        with pytest.raises(ValueError, match=r"dw must have shape \(3,\), but its shape is \(4,\)"):
            optim.get_rule(name)(np.zeros(3), np.zeros(4))

    def test_integer_parameters(self, name):
        with pytest.raises(TypeError, match="w must hold"):
            optim.get_rule(name)(np.zeros(3, dtype=int), np.zeros(3))

    def test_config_that_is_no_dict(self, name):
        with pytest.raises(TypeError, match="config must be a dict or None, but got float"):
            optim.get_rule(name)(np.zeros(3), np.zeros(3), 0.1)

    @pytest.mark.parametrize("value", [-1e-3, np.nan, "fast", None])
    def test_bad_learning_rate(self, name, value):
        with pytest.raises((TypeError, ValueError), match=r"config\['learning_rate'\] must be"):
            optim.get_rule(name)(np.zeros(3), np.zeros(3), {"learning_rate": value})


class TestLargeParameters:
    """What a rule computes is what its formula says, however large the parameter is."""

    def test_a_rule_that_is_not_elementwise_sees_the_whole_array(self, rng):
        rules, seen = dict(optim.UPDATE_RULES), []

        @optim.register
        def step_of_length_one(w, dw, config=None):
            seen.append(w.shape)
            return w - dw / np.linalg.norm(dw), {} if config is None else config

        try:
            w, dw = rng.normal(size=(2, 1000, 1000))
            next_w, _ = optim.get_rule("step_of_length_one")(w, dw)
        finally:
            optim.UPDATE_RULES.clear()
            optim.UPDATE_RULES.update(rules)
        assert seen == [(1000, 1000)]
        assert np.linalg.norm(next_w - w) == pytest.approx(1, rel=1e-9)

    @pytest.mark.parametrize("name", NAMES)
    def test_each_entry_is_updated_as_if_it_were_alone(self, name, rng):
        w, first, second = rng.normal(size=(3, 600, 600))
        few = (slice(None, None, 97), slice(5, None, 89))  # some entries from everywhere
        alone = w[few].copy()
        config: dict[str, Any] = {}
        config_alone: dict[str, Any] = {}
        for dw in (first, second):
            w, config = optim.get_rule(name)(w, dw, config)
            alone, config_alone = optim.get_rule(name)(alone, dw[few], config_alone)
        np.testing.assert_array_equal(w[few], alone)
        for key in STATE[name]:
            np.testing.assert_array_equal(config[key][few], config_alone[key])


@pytest.mark.parametrize("name", ["adam", "adamw", "nesterov", "rmsprop", "sgd_momentum"])
def test_arrays_that_came_in_are_not_shared_with_what_is_returned(name, rng):
    w, dw = rng.normal(size=(2, 6, 5))
    next_w, config = optim.get_rule(name)(w, dw)
    for array in [next_w, *(config[key] for key in STATE[name])]:
        assert not np.shares_memory(array, w)
        assert not np.shares_memory(array, dw)


def test_arrays_in_any_order_and_read_only(rng):
    w, dw, m, v = rng.uniform(size=(4, 6, 5))
    want, want_config = optim.adam(w, dw, {"m": m.copy(), "v": v.copy(), "t": 3})
    m.flags.writeable = v.flags.writeable = False
    got, config = optim.adam(w.T, dw.T, {"m": m.T, "v": v.T, "t": 3})
    np.testing.assert_array_equal(got, want.T)
    np.testing.assert_array_equal(config["m"], want_config["m"].T)
    np.testing.assert_array_equal(config["v"], want_config["v"].T)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sgd_momentum", "momentum"),
        ("nesterov", "momentum"),
        ("rmsprop", "decay_rate"),
        ("adam", "beta1"),
        ("adam", "beta2"),
        ("adamw", "beta2"),
    ],
)
@pytest.mark.parametrize("value", [1, 1.5, -0.1])
def test_weights_of_the_past_are_below_one(name, key, value):
    with pytest.raises(ValueError, match=rf"config\['{key}'\] must be"):
        optim.get_rule(name)(np.zeros(3), np.zeros(3), {key: value})


def test_one_config_for_two_parameters():
    _, config = optim.adam(np.zeros(3), np.ones(3))
    with pytest.raises(ValueError, match="one config used for two parameters"):
        optim.adam(np.zeros(5), np.ones(5), config)


@pytest.mark.parametrize(("rule", "state"), [("rmsprop", "a"), ("adam", "v a t"), ("adamw", "a")])
def test_a_state_under_the_keys_of_c147_is_not_passed_over_in_silence(rule, state):
    config = {key: 5 if key == "t" else np.ones(2) for key in state.split()}
    with pytest.raises(ValueError, match=r"the key 'a'.*'a' is the mean square.*install\(\"c147\"\) reads"):
        optim.get_rule(rule)(np.ones(2), np.ones(2), config)


def test_a_config_of_adamw_may_go_through_adam():
    config = {"learning_rate": 1e-3, "weight_decay": 0.1}
    optim.adam(np.ones(2), np.ones(2), config)
    assert config["weight_decay"] == 0.1


def test_momentum_by_hand():
    w, config = optim.sgd_momentum(np.array([1.0]), np.array([2.0]), {"learning_rate": 0.1, "momentum": 0.5})
    assert config["velocity"] == pytest.approx([-0.2])
    assert w == pytest.approx([0.8])
    w, config = optim.sgd_momentum(w, np.array([2.0]), config)
    assert config["velocity"] == pytest.approx([-0.3])
    assert w == pytest.approx([0.5])


def test_first_adam_step_is_the_learning_rate_whatever_the_gradient():
    w, config = optim.adam(np.zeros(3), np.array([1e-3, -5.0, 1e4]), {"learning_rate": 0.01})
    np.testing.assert_allclose(w, [-0.01, 0.01, -0.01], rtol=1e-4)
    assert config["t"] == 1


def test_corrected_adam_averages_of_a_constant_gradient_are_that_gradient():
    w, config = np.zeros(2), {"learning_rate": 0.01}
    for _ in range(6):
        w, config = optim.adam(w, np.array([3.0, -0.5]), config)
    np.testing.assert_allclose(w, [-0.06, 0.06], rtol=1e-6)
    np.testing.assert_allclose(config["m"], (1 - 0.9**6) * np.array([3.0, -0.5]))
    np.testing.assert_allclose(config["v"], (1 - 0.999**6) * np.array([9.0, 0.25]))
    assert config["t"] == 6


def test_adamw_decays_all_weights_alike():
    w = np.array([2.0, -4.0])
    plain, _ = optim.adam(w, np.array([1.0, 100.0]), {"learning_rate": 0.1})
    decayed, _ = optim.adamw(w, np.array([1.0, 100.0]), {"learning_rate": 0.1, "weight_decay": 0.5})
    np.testing.assert_allclose(plain - decayed, 0.1 * 0.5 * w)


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_pytorch(name, rng):
    torch = pytest.importorskip("torch")
    for _ in range(50):
        lr, steps, shape = (
            10 ** rng.uniform(-4, 0),
            int(rng.integers(1, 12)),
            tuple(rng.integers(1, 6, size=2)),
        )
        momentum, decay, beta1, beta2 = rng.uniform(0.01, 0.99, size=4)
        eps, weight_decay = 10 ** rng.uniform(-9, -3), rng.uniform(0, 0.1)
        adam = {"beta1": beta1, "beta2": beta2, "epsilon": eps}
        config, their_rule, their_config = {
            "sgd": ({}, "SGD", {}),
            "sgd_momentum": ({"momentum": momentum}, "SGD", {"momentum": momentum}),
            "nesterov": ({"momentum": momentum}, "SGD", {"momentum": momentum, "nesterov": True}),
            "rmsprop": ({"decay_rate": decay, "epsilon": eps}, "RMSprop", {"alpha": decay, "eps": eps}),
            "adam": (adam, "Adam", {"betas": (beta1, beta2), "eps": eps}),
            "adamw": (
                adam | {"weight_decay": weight_decay},
                "AdamW",
                {"betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay},
            ),
        }[name]
        config["learning_rate"] = lr
        w = rng.normal(size=shape)
        theirs = torch.tensor(w, requires_grad=True)
        optimizer = getattr(torch.optim, their_rule)([theirs], lr=lr, **their_config)
        for _ in range(steps):
            dw = rng.normal(size=shape)
            w, config = optim.get_rule(name)(w, dw, config)
            theirs.grad = torch.tensor(dw)
            optimizer.step()
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-10, atol=1e-10)
