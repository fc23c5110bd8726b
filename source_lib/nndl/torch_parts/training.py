"""Accuracy and training loops of the PyTorch milestone, at both levels of abstraction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from .._support.progress import ProgressBar
from ._torch import device, dtype, functional, torch
from .data import default_loaders

print_every = 100
"""Iterations between two accuracy checks, unless a training loop is given another number."""

Loader = torch.utils.data.DataLoader
Tensor = torch.Tensor


class History(TypedDict):
    """What a training loop saw.

    Attributes
    ----------
    loss_history : list of float
        Loss of every iteration's batch.
    check_iterations : list of int
        After how many iterations the accuracy was measured; the last entry is the end of training.
    val_acc_history : list of float
        Validation accuracy at those moments.
    """

    loss_history: list[float]
    check_iterations: list[int]
    val_acc_history: list[float]


def check_accuracy_part2(
    loader: Loader, model_fn: Callable, params: Sequence[Tensor], *, verbose: bool = True
) -> float:
    """Measure how often ``model_fn(x, params)`` gives the right class its highest score.

    Parameters
    ----------
    loader : DataLoader
        Batches ``(x, y)``. ``loader.dataset.train`` says whether they are printed as validation or
        as test set.
    model_fn : callable
        ``model_fn(x, params)`` gives scores of shape ``(N, C)``.
    params : list of tensors
        Parameters of the model.
    verbose : bool, default True
        Whether to print the number of correct answers and the accuracy.

    Returns
    -------
    float
        Fraction of correct answers.
    """
    return _accuracy(loader, lambda x: model_fn(x, params), verbose)


def check_accuracy_part34(loader: Loader, model: torch.nn.Module, *, verbose: bool = True) -> float:
    """Measure the accuracy of a module, in evaluation mode; see `check_accuracy_part2`.

    The module stays in evaluation mode; a training step has to call ``model.train()`` again.
    """
    model.eval()
    return _accuracy(loader, model, verbose)


def train_part2(
    model_fn: Callable,
    params: Sequence[Tensor],
    learning_rate: float,
    *,
    loader_train: Loader | None = None,
    loader_val: Loader | None = None,
    print_every: int = print_every,
    verbose: bool = True,
) -> History:
    """Train for one epoch by plain gradient descent, ``w ← w - learning_rate * dL/dw``.

    The loss ``L`` is the cross entropy of the scores, averaged over the batch. Gradients are taken
    by autograd, the step is made by hand.

    Parameters
    ----------
    model_fn : callable
        ``model_fn(x, params)`` gives scores of shape ``(N, C)``.
    params : list of tensors
        Parameters, changed in place. Those with ``requires_grad`` off stay as they are.
    learning_rate : float
        Step size.
    loader_train, loader_val : DataLoader, optional
        Batches to train on, and to measure the accuracy on; those of `default_loaders` unless given.
    print_every : int, default 100
        The accuracy is measured at iterations 0, ``print_every``, … (after that iteration's step),
        and at the end.
    verbose : bool, default True
        Whether to print loss and accuracy then, and to show a progress bar.

    Returns
    -------
    History
        Loss of every iteration, and the accuracies.
    """
    loader_train, loader_val = _or_default(loader_train, loader_val)

    def step(x: Tensor, y: Tensor) -> float:
        loss = functional.cross_entropy(model_fn(x, params), y)
        loss.backward()
        with torch.no_grad():
            for w in params:
                if w.grad is not None:
                    w -= learning_rate * w.grad
                    w.grad.zero_()
        return loss.item()

    def check() -> float:
        return check_accuracy_part2(loader_val, model_fn, params, verbose=False)

    return _train(step, check, loader_train, 1, print_every, verbose)


def train_part34(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    epochs: int = 1,
    *,
    loader_train: Loader | None = None,
    loader_val: Loader | None = None,
    print_every: int = print_every,
    verbose: bool = True,
) -> History:
    """Train a module with an optimizer on the cross entropy of its scores.

    Parameters
    ----------
    model : torch.nn.Module
        Gives scores of shape ``(N, C)``. It is moved to `device`, and put into training mode before
        every step.
    optimizer : torch.optim.Optimizer
        Optimizer of the module's parameters.
    epochs : int, default 1
        Passes over the training rows.
    loader_train, loader_val, print_every, verbose
        As in `train_part2`; iterations are counted over all epochs.

    Returns
    -------
    History
        Loss of every iteration, and the accuracies.
    """
    model.to(device)
    loader_train, loader_val = _or_default(loader_train, loader_val)

    def step(x: Tensor, y: Tensor) -> float:
        model.train()
        loss = functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def check() -> float:
        return check_accuracy_part34(loader_val, model, verbose=False)

    return _train(step, check, loader_train, epochs, print_every, verbose)


def _or_default(loader_train: Loader | None, loader_val: Loader | None) -> tuple[Loader, Loader]:
    if loader_train is None or loader_val is None:
        default_train, default_val, _ = default_loaders()
        return loader_train or default_train, loader_val or default_val
    return loader_train, loader_val


def _accuracy(loader: Loader, scores_of: Callable[[Tensor], Tensor], verbose: bool) -> float:
    correct = total = 0
    with torch.no_grad():
        for x, y in loader:
            scores = scores_of(x.to(device=device, dtype=dtype))
            correct += (scores.argmax(dim=1).cpu() == y).sum().item()
            total += len(y)
    if total == 0:
        raise ValueError("loader gave no batch, so there is no accuracy")
    if verbose:
        split = "validation" if getattr(loader.dataset, "train", False) else "test"
        print(f"{split} set: {correct} / {total} correct ({100 * correct / total:.2f} %)")
    return correct / total


def _train(
    step: Callable[[Tensor, Tensor], float],
    check: Callable[[], float],
    loader: Loader,
    epochs: int,
    print_every: int,
    verbose: bool,
) -> History:
    history: History = {"loss_history": [], "check_iterations": [], "val_acc_history": []}
    losses, total = history["loss_history"], epochs * len(loader)
    with ProgressBar(total, visible=verbose) as bar:
        for _ in range(epochs):
            for x, y in loader:
                losses.append(step(x.to(device=device, dtype=dtype), y.to(device=device)))
                bar.step()
                done = len(losses)
                if (done - 1) % print_every == 0 or done == total:
                    accuracy = check()
                    history["check_iterations"].append(done)
                    history["val_acc_history"].append(accuracy)
                    bar.say(
                        f"(Iteration {done} / {total}) loss: {losses[-1]:.6f}; "
                        f"validation accuracy: {100 * accuracy:.2f} %"
                    )
    return history
