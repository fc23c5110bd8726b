"""Training loop: minibatches, an update rule for each parameter, accuracy checks, the best net, checkpoints."""

from __future__ import annotations

import copy
import os
from typing import Any

import numpy as np

from ._support import solver_checkpoint as checkpoints
from ._support.divergence import DivergenceError
from ._support.progress import ProgressBar
from ._support.solver_checks import divergence, rows_and_labels, sample_size
from ._support.solver_state import fingerprint, norm_statistics, put_norm_statistics, refuse_other_run
from ._support.validate import check_integer, check_number
from .fast import optim as fast_optim  # noqa: F401  registers its rule
from .fast.threads import with_single_blas_thread
from .optim import get_rule

__all__ = ["DivergenceError", "Solver"]

Data = dict[str, np.ndarray]

_DEFAULTS: dict[str, Any] = {
    "update_rule": "sgd",
    "optim_config": {},
    "lr_decay": 1.0,
    "batch_size": 100,
    "num_epochs": 10,
    "num_train_samples": 1000,
    "num_val_samples": None,
    "checkpoint_name": None,
    "print_every": 10,
    "verbose": True,
}

# What a checkpoint stores as it is; the rest of it is in `Solver._snapshot`.
_STORED_SETTINGS = (
    "update_rule",
    "optim_config",
    "lr_decay",
    "batch_size",
    "num_epochs",
    "num_train_samples",
    "num_val_samples",
    "print_every",
    "verbose",
)
_STORED_PROGRESS = (
    "epoch",
    "best_val_acc",
    "best_params",
    "loss_history",
    "train_acc_history",
    "val_acc_history",
    "optim_configs",
)


class Solver:
    r"""Train a network by stochastic gradient descent in any of the variants of :mod:`nndl.optim`.

    The network needs ``params``, a dict from name to array, and ``loss(X, y=None)``, which returns scores
    without labels and ``(loss, grads)`` with them, ``grads`` having the keys of ``params``. If it has
    ``bn_params``, a list of dicts, these are taken for the state of its batch normalization.

    Parameters
    ----------
    model : network
        Trained in place.
    data : dict
        ``X_train`` and ``X_val``, arrays with one example per row; ``y_train`` and ``y_val``, integer labels.
        Further entries are ignored.
    update_rule : str, default "sgd"
        Name of a rule registered in :mod:`nndl.optim`, or ``"fused_adam"`` of :mod:`nndl.fast.optim`.
    optim_config : dict, default {}
        The rule's hyperparameters, such as ``{"learning_rate": 1e-3}``. Each parameter gets its own copy.
    lr_decay : float, default 1.0
        Factor on the learning rate at the end of every epoch, normally at most 1.
    batch_size : int, default 100
        Rows per step, drawn with replacement by one ``np.random.choice(N, batch_size)``.
    num_epochs : int, default 10
        An epoch is ``max(N // batch_size, 1)`` steps.
    num_train_samples, num_val_samples : int or None, default 1000 and None
        Rows drawn (with replacement) to measure accuracy; ``None`` means all rows, without a draw.
    checkpoint_name : path, optional
        When given, every accuracy check writes ``<name>_epoch_<k>.npz`` and ``.json``; see :meth:`resume`.
    print_every : int, default 10
        A line with the loss at the first and every so many iterations.
    verbose : bool, default True
        Whether to print at all, and to show a progress bar.

    Attributes
    ----------
    loss_history : list of float
        Minibatch loss of every iteration, measured before its step.
    train_acc_history, val_acc_history : list of float
        Accuracies after the first iteration, at every epoch's end and after the last iteration.
    best_val_acc : float
        Highest validation accuracy so far; -1 before the first check.
    best_params : dict
        Copy of the parameters that reached it (the earliest, if several did).
    epoch : int
        Epochs completed.
    optim_configs : dict
        The update rule's config, with its state, of each parameter.

    Raises
    ------
    ValueError
        For an unknown keyword or update rule, missing data, rows and labels that do not fit, or a setting out
        of range.
    TypeError
        If a setting or an array is of the wrong type.

    Examples
    --------
    >>> from nndl.fc_net import TwoLayerNet
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> data = {"X_train": X[:80], "y_train": y[:80], "X_val": X[80:], "y_val": y[80:]}
    >>> net = TwoLayerNet(3, 10, 2, weight_scale=0.1)
    >>> solver = Solver(net, data, update_rule="adam", optim_config={"learning_rate": 0.1}, verbose=False)
    >>> solver.train()
    >>> solver.best_val_acc > 0.8
    True
    """

    def __init__(self, model: Any, data: Data, **kwargs: Any) -> None:
        unknown = sorted(set(kwargs) - set(_DEFAULTS))
        if unknown:
            raise ValueError(f"Solver has no argument {', '.join(unknown)}; it has {', '.join(_DEFAULTS)}")
        settings = _DEFAULTS | kwargs

        self.model = model
        self.X_train, self.y_train = rows_and_labels(data, "train")
        self.X_val, self.y_val = rows_and_labels(data, "val")

        self.update_rule: str = settings["update_rule"]
        get_rule(self.update_rule)
        if not isinstance(settings["optim_config"], dict):
            raise TypeError(f"optim_config must be a dict, but got {type(settings['optim_config']).__name__}")
        self.optim_config: dict[str, Any] = settings["optim_config"]
        self.lr_decay = check_number("lr_decay", settings["lr_decay"], above=0)
        self.batch_size = check_integer("batch_size", settings["batch_size"], minimum=1)
        self.num_epochs = check_integer("num_epochs", settings["num_epochs"], minimum=0)
        self.num_train_samples = sample_size("num_train_samples", settings["num_train_samples"])
        self.num_val_samples = sample_size("num_val_samples", settings["num_val_samples"])
        self.checkpoint_name: str | os.PathLike[str] | None = settings["checkpoint_name"]
        self.print_every = check_integer("print_every", settings["print_every"], minimum=1)
        self.verbose = bool(settings["verbose"])

        self.epoch = 0
        self.best_val_acc = -1.0
        self.best_params: dict[str, np.ndarray] = {}
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs = {name: copy.deepcopy(self.optim_config) for name in model.params}
        self._best_norm_statistics: list[dict[str, Any]] = []
        self._resume_after = 0  # the iteration that train() goes on after
        self._rng_state: dict[str, Any] | None = None

    @classmethod
    def resume(cls, checkpoint: str | os.PathLike[str], model: Any, data: Data, **changes: Any) -> Solver:
        """Make a solver that goes on where a checkpoint was written; call :meth:`train` on it.

        The continuation is the one the interrupted run would have had, to the last bit: parameters, running
        statistics, optimizer state, histories and the state of NumPy's global generator are restored. (The
        generator is set when :meth:`train` starts, so it does not matter what is drawn before.)

        Parameters
        ----------
        checkpoint : path
            ``<name>_epoch_<k>`` for that epoch, or ``<name>`` for the last one written.
        model : network
            One built as the first was; its parameters are overwritten.
        data : dict
            The same data.
        **changes
            Settings to change: ``num_epochs`` (to train longer), ``checkpoint_name``, ``print_every``,
            ``verbose``.

        Raises
        ------
        FileNotFoundError
            If there is no such checkpoint.
        ValueError
            If it is damaged, or the network or the data are not those of the first run, or another setting is
            to be changed.
        """
        stem = checkpoints.find(checkpoint)
        state = checkpoints.load(stem)
        fixed = sorted(set(changes) - {"num_epochs", "checkpoint_name", "print_every", "verbose"})
        if fixed:
            raise ValueError(f"a resumed run cannot change {', '.join(fixed)}: it would be another run")
        try:
            solver = cls(model, data, **(state["settings"] | changes))
            refuse_other_run(state["made_for"], fingerprint(model, data))
            solver._restore(state["progress"])
        except KeyError as error:
            raise ValueError(f"{stem} is not a usable checkpoint: it has no entry {error}") from error
        return solver

    @with_single_blas_thread
    def train(self) -> None:
        """Run all iterations, then put the best parameters found back into the model.

        Order within an iteration: draw the rows, loss and gradients, one step for every parameter; at an
        epoch's end count it and decay the learning rates; then, where due, the training accuracy, the
        validation accuracy, the best net so far and the checkpoint.

        Afterwards the model holds the parameters of the highest validation accuracy together with the running
        statistics its batch normalization had at that moment, *not* those of the last iteration.

        Raises
        ------
        DivergenceError
            If a loss is infinite or NaN. The best parameters up to then are put back first, and the message
            says what to try.
        """
        if self._rng_state is not None:
            np.random.set_state(self._rng_state)
            self._rng_state = None
        start, self._resume_after = self._resume_after, 0
        steps_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        total = self.num_epochs * steps_per_epoch
        with ProgressBar(total, start=start, visible=self.verbose) as bar:
            for iteration in range(start + 1, total + 1):
                self._step(iteration)
                bar.step()
                if (iteration - 1) % self.print_every == 0:
                    bar.say(f"(Iteration {iteration} / {total}) loss: {self.loss_history[-1]:.6f}")
                epoch_ends = iteration % steps_per_epoch == 0
                if epoch_ends:
                    self.epoch += 1
                    self._decay_learning_rates()
                if epoch_ends or iteration in (1, total):
                    self._check(iteration)
                    train_acc, val_acc = self.train_acc_history[-1], self.val_acc_history[-1]
                    progress = f"(Epoch {self.epoch} / {self.num_epochs})"
                    bar.say(f"{progress} train acc: {train_acc:.6f}; val_acc: {val_acc:.6f}")
        self._put_best_back()

    def check_accuracy(
        self, X: np.ndarray, y: np.ndarray, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """Fraction of rows that the model, as it is now, assigns to their class.

        Parameters
        ----------
        X : ndarray (N, ...)
            Examples.
        y : ndarray (N,)
            Labels.
        num_samples : int, optional
            If N is larger, this many rows are drawn with replacement by one ``np.random.choice``.
        batch_size : int, default 100
            Rows per call of ``model.loss``, which limits the memory needed.

        Returns
        -------
        float
        """
        if num_samples is not None and len(X) > num_samples:
            rows = np.random.choice(len(X), num_samples)
            X, y = X[rows], y[rows]
        predicted = [
            np.argmax(self.model.loss(X[i : i + batch_size]), axis=1) for i in range(0, len(X), batch_size)
        ]
        return float(np.mean(np.concatenate(predicted) == y))

    def _step(self, iteration: int) -> None:
        """Draw a minibatch and move every parameter once; iterations are counted from 1."""
        rows = np.random.choice(len(self.X_train), self.batch_size)
        loss, grads = self.model.loss(self.X_train[rows], self.y_train[rows])
        self.loss_history.append(float(loss))
        if not np.isfinite(loss):
            self._put_best_back()
            rates = {config.get("learning_rate") for config in self.optim_configs.values()}
            raise divergence(iteration, float(loss), rates)
        if set(grads) != set(self.model.params):
            odd = ", ".join(sorted(set(grads) ^ set(self.model.params)))
            raise ValueError(
                f"the gradients of loss must have exactly the keys of params; they differ in {odd}"
            )
        rule = get_rule(self.update_rule)
        for name, w in self.model.params.items():
            next_w, self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
            # float32 parameters stay float32 where gradients of float64 images would promote them
            self.model.params[name] = next_w.astype(w.dtype, copy=False)

    def _decay_learning_rates(self) -> None:
        for config in self.optim_configs.values():
            if "learning_rate" in config:
                config["learning_rate"] *= self.lr_decay

    def _check(self, iteration: int) -> None:
        """Measure both accuracies, remember the best net, write the checkpoint."""
        self.train_acc_history.append(
            self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        )
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.val_acc_history.append(val_acc)
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {name: w.copy() for name, w in self.model.params.items()}
            self._best_norm_statistics = norm_statistics(self.model)
        if self.checkpoint_name is not None:
            name = checkpoints.epoch_name(self.checkpoint_name, self.epoch)
            checkpoints.save(name, self._snapshot(iteration))

    def _put_best_back(self) -> None:
        for name, w in self.best_params.items():
            self.model.params[name] = w.copy()
        put_norm_statistics(self.model, self._best_norm_statistics)

    def _snapshot(self, iteration: int) -> dict[str, Any]:
        """Return all that :meth:`resume` needs to go on after an iteration, as nested plain data and arrays."""
        data = {
            "X_train": self.X_train,
            "y_train": self.y_train,
            "X_val": self.X_val,
            "y_val": self.y_val,
        }
        settings = {name: getattr(self, name) for name in _STORED_SETTINGS}
        settings["checkpoint_name"] = None if self.checkpoint_name is None else str(self.checkpoint_name)
        progress = {name: getattr(self, name) for name in _STORED_PROGRESS}
        progress |= {
            "iteration": iteration,
            "params": dict(self.model.params),
            "norm_statistics": norm_statistics(self.model),
            "best_norm_statistics": self._best_norm_statistics,
            "random_state": np.random.get_state(legacy=False),
        }
        return {"made_for": fingerprint(self.model, data), "settings": settings, "progress": progress}

    def _restore(self, progress: dict[str, Any]) -> None:
        """Bring a fresh solver and its model to the point at which the snapshot was taken."""
        for name in _STORED_PROGRESS:
            setattr(self, name, progress[name])
        self._resume_after = progress["iteration"]
        self._rng_state = progress["random_state"]
        self._best_norm_statistics = progress["best_norm_statistics"]
        self.model.params.update(progress["params"])
        put_norm_statistics(self.model, progress["norm_statistics"])
