"""The Solver: training, histories, checkpoints, refusals."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from nndl.fc_net import FullyConnectedNet, TwoLayerNet
from nndl.optim import get_rule
from nndl.solver import DivergenceError, Solver


def make_data(num_train=40, num_val=30, dim=6, classes=3, seed=1):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, dim)) * 2
    data = {}
    for split, rows in (("train", num_train), ("val", num_val)):
        y = rng.integers(0, classes, rows)
        data[f"X_{split}"] = centres[y] + rng.normal(size=(rows, dim))
        data[f"y_{split}"] = y
    return data


def make_net(**kwargs):
    np.random.seed(9)
    settings: dict[str, Any] = {"normalization": "batchnorm", "dropout_keep_ratio": 0.8}
    settings |= {"dtype": np.float64, "reg": 1e-3}
    return FullyConnectedNet([8, 7], 6, 3, **(settings | kwargs))


class Scripted:
    """A net of which it is given in advance how many of the ten validation rows it gets right."""

    def __init__(self, right):
        self.params = {"w": np.zeros(1)}
        self.bn_params: list[dict[str, Any]] = [{"mode": "train"}]
        self.right = iter(right)

    def loss(self, X, y=None):
        if y is not None:
            self.bn_params[0]["running_mean"] = self.params["w"] * 10
            return 1.0, {"w": -np.ones(1)}
        scores = np.zeros((len(X), 2))
        if len(X) == 10:
            scores[: next(self.right), 1] = 1
        return scores


class TestArguments:
    def test_unknown_keyword(self):
        with pytest.raises(ValueError, match="Solver has no argument lr; it has update_rule, optim_config"):
            Solver(make_net(), make_data(), lr=0.1)

    def test_unknown_rule(self):
        with pytest.raises(ValueError, match=r"update_rule must be one of adam.* but got 'np'"):
            Solver(make_net(), make_data(), update_rule="np")

    @pytest.mark.parametrize("missing", ["X_train", "y_train", "X_val", "y_val"])
    def test_missing_data(self, missing):
        data = make_data()
        del data[missing]
        with pytest.raises(ValueError, match=f"data must have the entry '{missing}'"):
            Solver(make_net(), data)

    def test_labels_that_do_not_fit(self):
        data = make_data()
        data["y_val"] = data["y_val"][:-1]
        with pytest.raises(ValueError, match=r"data\['y_val'\] must have shape \(30,\)"):
            Solver(make_net(), data)

    def test_no_rows(self):
        data = make_data()
        data["X_train"] = data["X_train"][:0]
        with pytest.raises(ValueError, match=r"data\['X_train'\] must hold at least one row"):
            Solver(make_net(), data)

    @pytest.mark.parametrize(
        "bad",
        [
            {"batch_size": 0},
            {"batch_size": 2.5},
            {"num_epochs": -1},
            {"print_every": 0},
            {"lr_decay": 0},
            {"num_train_samples": 0},
            {"optim_config": 0.1},
        ],
    )
    def test_bad_setting(self, bad):
        with pytest.raises((TypeError, ValueError), match=next(iter(bad))):
            Solver(make_net(), make_data(), **bad)

    def test_defaults(self):
        solver = Solver(make_net(), make_data())
        assert (solver.update_rule, solver.optim_config, solver.lr_decay) == ("sgd", {}, 1.0)
        assert (solver.batch_size, solver.num_epochs, solver.print_every, solver.verbose) == (
            100,
            10,
            10,
            True,
        )
        assert (solver.num_train_samples, solver.num_val_samples) == (1000, None)
        assert solver.checkpoint_name is None
        assert solver.best_val_acc == -1

    def test_config_is_copied_for_every_parameter(self):
        config = {"learning_rate": 1e-2, "velocity": None}
        solver = Solver(make_net(), make_data(), optim_config=config)
        copies = list(solver.optim_configs.values())
        assert all(copy == config and copy is not config for copy in copies)
        assert len({id(copy) for copy in copies}) == len(copies)


@pytest.mark.parametrize(
    ("num_train", "batch_size", "num_epochs", "iterations", "checks"),
    # derived.solver.counts, and batches larger than the data
    [
        (50, 25, 20, 40, 21),
        (1000, 50, 10, 200, 11),
        (100, 50, 15, 30, 16),
        (10, 10, 3, 3, 3),
        (10, 25, 2, 2, 2),
    ],
)
def test_counts(num_train, batch_size, num_epochs, iterations, checks):
    solver = Solver(
        TwoLayerNet(6, 4, 3),
        make_data(num_train),
        batch_size=batch_size,
        num_epochs=num_epochs,
        verbose=False,
    )
    solver.train()
    assert len(solver.loss_history) == iterations
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == checks
    assert solver.epoch == num_epochs


def test_no_epochs_leave_the_net_alone():
    net = make_net()
    before = {name: value.copy() for name, value in net.params.items()}
    Solver(net, make_data(), num_epochs=0).train()
    for name, value in before.items():
        np.testing.assert_array_equal(net.params[name], value)


def test_order_of_draws_steps_and_decay():
    """The whole run, written out again with nothing but the documented order."""
    data = make_data()
    np.random.seed(20)
    net = TwoLayerNet(6, 4, 3, weight_scale=0.1)
    solver = Solver(
        net,
        data,
        update_rule="adam",
        optim_config={"learning_rate": 0.05},
        lr_decay=0.5,
        batch_size=15,
        num_epochs=2,
        num_train_samples=11,
        num_val_samples=7,
        verbose=False,
    )
    solver.train()
    after = np.random.rand()

    np.random.seed(20)
    net = TwoLayerNet(6, 4, 3, weight_scale=0.1)
    configs = {name: {"learning_rate": 0.05} for name in net.params}
    losses, accuracies, snapshots = [], [], []
    for iteration in range(1, 5):
        rows = np.random.choice(40, 15)
        loss, grads = net.loss(data["X_train"][rows], data["y_train"][rows])
        losses.append(loss)
        for name in net.params:
            net.params[name], _ = get_rule("adam")(net.params[name], grads[name], configs[name])
        if iteration % 2 == 0:
            for config in configs.values():
                config["learning_rate"] *= 0.5
        if iteration in (1, 2, 4):
            for split, size, samples in (("train", 40, 11), ("val", 30, 7)):
                rows = np.random.choice(size, samples)
                predicted = net.loss(data[f"X_{split}"][rows]).argmax(axis=1)
                accuracies.append(np.mean(predicted == data[f"y_{split}"][rows]))
            snapshots.append({name: value.copy() for name, value in net.params.items()})

    assert solver.loss_history == losses
    assert solver.train_acc_history == accuracies[::2]
    assert solver.val_acc_history == accuracies[1::2]
    assert np.random.rand() == after
    best = snapshots[int(np.argmax(accuracies[1::2]))]
    for name, value in best.items():
        np.testing.assert_array_equal(solver.model.params[name], value)
        assert solver.optim_configs[name]["learning_rate"] == 0.05 / 4


class TestBest:
    data: ClassVar = {
        "X_train": np.zeros((2, 1)),
        "y_train": np.zeros(2, dtype=int),
        "X_val": np.zeros((10, 1)),
        "y_val": np.ones(10, dtype=int),
    }

    def train(self, right, **kwargs):
        net = Scripted(right)
        solver = Solver(
            net,
            self.data,
            **kwargs,
            batch_size=2,
            num_epochs=len(right),
            optim_config={"learning_rate": 1.0},
            verbose=False,
        )
        solver.train()
        return net, solver

    def test_parameters_and_running_statistics_come_back_together(self):
        net, solver = self.train([1, 6, 9, 3, 9])
        assert solver.val_acc_history == [0.1, 0.6, 0.9, 0.3, 0.9]
        assert solver.best_val_acc == 0.9
        np.testing.assert_array_equal(net.params["w"], [3])  # after the third step, the earliest of the best
        np.testing.assert_array_equal(net.bn_params[0]["running_mean"], [20])
        np.testing.assert_array_equal(solver.best_params["w"], [3])

    def test_they_come_back_also_when_the_best_was_before_a_resumption(self, tmp_path):
        self.train([1, 6, 9, 3, 9], checkpoint_name=tmp_path / "run")
        net = Scripted([9])
        Solver.resume(tmp_path / "run_epoch_4", net, self.data, checkpoint_name=None).train()
        np.testing.assert_array_equal(net.params["w"], [3])
        np.testing.assert_array_equal(net.bn_params[0]["running_mean"], [20])

    def test_a_net_that_is_always_wrong_keeps_its_first_parameters(self):
        net, solver = self.train([0, 0, 0])
        assert solver.best_val_acc == 0
        np.testing.assert_array_equal(net.params["w"], [1])

    def test_best_is_a_copy(self):
        net, solver = self.train([5, 1])
        net.params["w"] += 100
        np.testing.assert_array_equal(solver.best_params["w"], [1])


class TestCheckAccuracy:
    def test_all_rows_in_chunks(self):
        data = make_data(num_val=23)
        solver = Solver(make_net(), data)
        expected = np.mean(solver.model.loss(data["X_val"]).argmax(axis=1) == data["y_val"])
        state = np.random.get_state(legacy=False)["state"]["key"].copy()
        for batch_size in (1, 7, 23, 100):
            assert solver.check_accuracy(data["X_val"], data["y_val"], batch_size=batch_size) == expected
        assert solver.check_accuracy(data["X_val"], data["y_val"], num_samples=23) == expected
        np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)

    def test_subsample(self):
        data = make_data()
        solver = Solver(make_net(), data)
        np.random.seed(2)
        rows = np.random.choice(30, 9)
        expected = np.mean(solver.model.loss(data["X_val"][rows]).argmax(axis=1) == data["y_val"][rows])
        np.random.seed(2)
        assert solver.check_accuracy(data["X_val"], data["y_val"], num_samples=9) == expected


def test_printed_lines(capsys):
    data = make_data()
    np.random.seed(0)
    Solver(make_net(), data, batch_size=10, num_epochs=2, print_every=3).train()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [line.rsplit(" ", 1)[0] for line in lines if line.startswith("(Iter")] == [
        f"(Iteration {i} / 8) loss:" for i in (1, 4, 7)
    ]
    epochs = [line for line in lines if line.startswith("(Epoch")]
    assert [line[:13] for line in epochs] == ["(Epoch 0 / 2)", "(Epoch 1 / 2)", "(Epoch 2 / 2)"]
    value = r"\d\.\d{6}"
    for line in epochs:
        assert re.search(rf" train acc: {value}; val_acc: {value}$", line)
    Solver(make_net(), data, num_epochs=1, verbose=False).train()
    assert capsys.readouterr() == ("", "")


def test_float32_parameters_stay_float32():
    class Mixed(TwoLayerNet):
        def loss(self, X, y=None):
            result = super().loss(X, y)
            return (
                result if y is None else (result[0], {k: g.astype(np.float64) for k, g in result[1].items()})
            )

    net = Mixed(6, 4, 3)
    net.params = {name: value.astype(np.float32) for name, value in net.params.items()}
    Solver(net, make_data(), update_rule="adam", num_epochs=1, verbose=False).train()
    assert {value.dtype for value in net.params.values()} == {np.dtype(np.float32)}


def test_gradients_with_other_keys():
    net = make_net()
    net.loss = lambda X, y=None: (0.0, {"W1": 0, "spare": 0})
    with pytest.raises(ValueError, match=r"exactly the keys of params; they differ in .*spare"):
        Solver(net, make_data(), verbose=False).train()


class TestDivergence:
    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_runaway_training_stops_with_advice_and_the_best_parameters(self):
        net = make_net(normalization=None, dropout_keep_ratio=1, weight_scale=1.0)
        solver = Solver(net, make_data(), optim_config={"learning_rate": 1e80}, batch_size=10, verbose=False)
        with pytest.raises(DivergenceError, match=r"learning rate ten times smaller.*it is 1e\+80"):
            solver.train()
        assert not np.isfinite(solver.loss_history[-1])
        assert len(solver.loss_history) < 40
        assert all(np.isfinite(value).all() for value in net.params.values())

    def test_bad_data_are_named_before_the_learning_rate(self):
        data = make_data()
        data["X_train"][:] = np.nan
        with pytest.raises(DivergenceError, match=r"iteration 1 is nan.*X_train"):
            Solver(make_net(normalization=None), data, verbose=False).train()


SETTINGS = {
    "update_rule": "adam",
    "optim_config": {"learning_rate": 3e-2},
    "lr_decay": 0.9,
    "batch_size": 15,
    "num_epochs": 5,
    "num_train_samples": 20,
    "num_val_samples": 12,
    "verbose": False,
}


def outcome(solver):
    net = solver.model
    arrays = {name: value.tobytes() for name, value in net.params.items()}
    arrays |= {f"best {name}": value.tobytes() for name, value in solver.best_params.items()}
    for i, bn_param in enumerate(net.bn_params):
        arrays |= {
            f"{key}{i}": np.asarray(value).tobytes() for key, value in bn_param.items() if key != "mode"
        }
    for name, config in solver.optim_configs.items():
        arrays |= {
            f"{name} {key}": (type(value), np.asarray(value).tobytes()) for key, value in config.items()
        }
    histories = (solver.loss_history, solver.train_acc_history, solver.val_acc_history)
    return (
        arrays,
        histories,
        solver.best_val_acc,
        solver.epoch,
        np.random.get_state(legacy=False)["state"]["key"].tobytes(),
    )


class TestResume:
    @pytest.fixture
    def finished(self, tmp_path):
        """A run with a checkpoint at every epoch, and what came of it."""
        name = tmp_path / "runs" / "net.v1"
        net = make_net()
        np.random.seed(77)
        np.random.randn(3)  # leaves half a pair of normal numbers in the generator
        solver = Solver(net, make_data(), checkpoint_name=name, **SETTINGS)
        solver.train()
        return name, outcome(solver)

    @pytest.mark.parametrize("epoch", range(6))
    def test_continues_bit_by_bit(self, finished, epoch):
        name, expected = finished
        net = make_net(weight_scale=3.0)
        solver = Solver.resume(f"{name}_epoch_{epoch}", net, make_data(), checkpoint_name=None)
        np.random.rand(100)  # drawn between resume and train: must not matter
        solver.train()
        assert outcome(solver) == expected

    def test_files(self, finished):
        name, _ = finished
        files = sorted(file.name for file in name.parent.iterdir())
        assert files == sorted(f"net.v1_epoch_{k}.{suffix}" for k in range(6) for suffix in ("json", "npz"))
        for file in name.parent.glob("*.npz"):
            with np.load(file, allow_pickle=False) as stored:
                assert all(not stored[key].dtype.hasobject for key in stored.files)
        state = json.loads((name.parent / "net.v1_epoch_3.json").read_text())["state"]
        assert state["settings"]["update_rule"] == "adam"
        assert len(state["progress"]["loss_history"]) == 6
        assert state["progress"]["optim_configs"]["W1"]["t"] == 6

    def test_name_alone_means_the_last_epoch(self, finished):
        name, expected = finished
        (name.parent / "net.v1_epoch_5.npz").unlink()
        solver = Solver.resume(name, make_net(), make_data(), checkpoint_name=None)
        assert solver.epoch == 4
        solver.train()
        assert outcome(solver) == expected

    def test_may_train_longer(self, finished):
        name, _ = finished
        solver = Solver.resume(name, make_net(), make_data(), num_epochs=7, checkpoint_name=None)
        solver.train()
        assert solver.epoch == 7
        assert len(solver.loss_history) == 14
        assert len(solver.val_acc_history) == 8

    def test_other_settings_cannot_change(self, finished):
        with pytest.raises(ValueError, match="cannot change batch_size, lr_decay"):
            Solver.resume(finished[0], make_net(), make_data(), lr_decay=1.0, batch_size=3)

    @pytest.mark.parametrize(
        ("net", "data", "fact"),
        [
            ({"reg": 0.5}, {}, "reg was 0.001, but is 0.5"),
            ({"dropout_keep_ratio": 0.5}, {}, "dropout was .*0.8.*, but is .*0.5"),
            ({"normalization": None}, {}, "params was"),
            ({}, {"seed": 2}, "X_train was"),
            ({}, {"num_train": 41}, "X_train was"),
        ],
    )
    def test_another_net_or_other_data_are_refused(self, finished, net, data, fact):
        with pytest.raises(ValueError, match=f"belongs to another run: {fact}"):
            Solver.resume(finished[0], make_net(**net), make_data(**data))

    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
            Solver.resume(tmp_path / "nothing" / "here", make_net(), make_data())

    def test_arrays_of_another_checkpoint(self, finished):
        name, _ = finished
        (name.parent / "net.v1_epoch_2.npz").replace(name.parent / "net.v1_epoch_3.npz")
        with pytest.raises(ValueError, match="is not the file that was written with it"):
            Solver.resume(f"{name}_epoch_3", make_net(), make_data())

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "nndl-checkpoint/9"}'])
    def test_damaged(self, finished, content):
        name, _ = finished
        (name.parent / "net.v1_epoch_5.json").write_text(content)
        with pytest.raises(ValueError, match="not a usable checkpoint"):
            Solver.resume(f"{name}_epoch_5", make_net(), make_data())

    def test_second_training_after_a_finished_one_starts_over(self):
        solver = Solver(make_net(), make_data(), **SETTINGS | {"num_epochs": 2})
        solver.train()
        solver.train()
        assert solver.epoch == 4
        assert len(solver.loss_history) == 8


def test_after_a_kill_in_the_middle_of_writing(tmp_path):
    """A process that dies between two replacements leaves the epoch before as the last checkpoint."""
    script = f"""
        import os
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import numpy as np
        from test_solver import SETTINGS, Solver, make_data, make_net
        real, calls = os.replace, []
        def replace(old, new):
            calls.append(new)
            if len(calls) == 8:    # the .json of epoch 3
                os._exit(9)
            real(old, new)
        os.replace = replace
        net = make_net()
        np.random.seed(77)
        Solver(net, make_data(), checkpoint_name="run", **SETTINGS).train()
    """
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, check=False, timeout=60
    )
    assert died.returncode == 9
    assert (tmp_path / "run_epoch_3.npz").exists()
    assert not (tmp_path / "run_epoch_3.json").exists()

    net = make_net()
    np.random.seed(77)
    whole = Solver(net, make_data(), **SETTINGS)
    whole.train()
    expected = outcome(whole)
    resumed = Solver.resume(tmp_path / "run", make_net(), make_data())
    assert resumed.epoch == 2
    resumed.checkpoint_name = None
    resumed.train()
    assert outcome(resumed) == expected
