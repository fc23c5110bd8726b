r"""First-order update rules: one function per rule, all with the same interface.

::

    next_w, config = rule(w, dw, config)

``w`` is one parameter array, ``dw`` the gradient of the loss with respect to it, and ``config`` a dict with
the rule's hyperparameters and whatever the rule remembers from step to step (a velocity, running averages, a
step count). A dict belongs to one parameter: never share it between two.

``config`` may be ``None`` or incomplete. Missing entries are filled in with the rule's defaults, the dict is
updated *in place* and returned. Its arrays belong to the rule, which may overwrite them: copy what you want
to keep. Write :math:`g_t` for ``dw`` at step :math:`t`, :math:`w_t` for the parameter
and :math:`\eta` for the learning rate; products, squares and roots are elementwise.

``w`` and ``dw`` are left as they are by every rule but :func:`sgd`.

A rule of your own joins the others with :func:`register`, also as a decorator; :class:`nndl.solver.Solver`
then finds it by its name.
"""

from __future__ import annotations

import numpy as np

from ._support.update_rules import UPDATE_RULES, Config, get_rule, prepare, register

__all__ = [
    "UPDATE_RULES",
    "adam",
    "adamw",
    "get_rule",
    "nesterov",
    "register",
    "rmsprop",
    "sgd",
    "sgd_momentum",
]

_ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


@register
def sgd(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Plain stochastic gradient descent: :math:`w_{t+1} = w_t - \eta g_t`.

    Unlike the other rules it changes ``w`` itself, which saves one array per step.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient. ``w`` is overwritten.
    config : dict, optional
        ``learning_rate`` : float ≥ 0, default 1e-2.

    Returns
    -------
    next_w : ndarray
        ``w`` itself, updated.
    config : dict
        The dict that was passed, completed.

    Raises
    ------
    TypeError
        If ``w`` is not an array of floats, ``dw`` is not an array of numbers, or ``config`` is not a dict.
    ValueError
        If the shapes differ, a hyperparameter is out of range, or ``config`` has a key that the rule does not know
        (on the first step: what a rule itself stores there later is its own affair).
    """
    config = prepare(w, dw, config, learning_rate=1e-2)
    w -= config["learning_rate"] * dw
    return w, config


@register
def sgd_momentum(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Gradient descent with momentum (Polyak, 1964).

    .. math::

        v_{t+1} = \mu v_t - \eta g_t, \qquad w_{t+1} = w_t + v_{t+1}

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        ``learning_rate`` : float ≥ 0, default 1e-2.
        ``momentum`` : float in [0, 1), default 0.9; :math:`\mu`, 0 gives plain gradient descent.
        ``velocity`` : ndarray like ``w``, default zeros; :math:`v_t`, replaced by :math:`v_{t+1}`.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new velocity.

    Raises
    ------
    TypeError, ValueError
        As :func:`sgd`.
    """
    config = prepare(w, dw, config, ("velocity",), learning_rate=1e-2, momentum=0.9)
    ### BEGIN SOLUTION fc_net
    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    config["velocity"] = velocity
    return w + velocity, config
    ### END SOLUTION


@register
def nesterov(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Nesterov momentum in the form that needs the gradient at :math:`w_t` only.

    .. math::

        v_{t+1} = \mu v_t - \eta g_t, \qquad w_{t+1} = w_t + \mu v_{t+1} - \eta g_t

    The step looks one velocity ahead: the gradient just measured is also applied to where the velocity is
    about to carry the parameter. Nesterov (1983); this form from Bengio, Boulanger-Lewandowski and Pascanu,
    "Advances in optimizing recurrent networks", ICASSP 2013.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        ``learning_rate`` : float ≥ 0, default 1e-2.
        ``momentum`` : float in [0, 1), default 0.9.
        ``velocity`` : ndarray like ``w``, default zeros.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new velocity.

    Raises
    ------
    TypeError, ValueError
        As :func:`sgd`.
    """
    config = prepare(w, dw, config, ("velocity",), learning_rate=1e-2, momentum=0.9)
    gradient_step = config["learning_rate"] * dw
    velocity = config["momentum"] * config["velocity"] - gradient_step
    config["velocity"] = velocity
    return w + config["momentum"] * velocity - gradient_step, config


@register
def rmsprop(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Divide each gradient by a running root mean square of its own history.

    .. math::

        c_{t+1} = \rho c_t + (1 - \rho) g_t^2, \qquad
        w_{t+1} = w_t - \eta \frac{g_t}{\sqrt{c_{t+1}} + \epsilon}

    The average is updated first and the new one is used; :math:`\epsilon` stands outside the root.
    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        ``learning_rate`` : float ≥ 0, default 1e-2.
        ``decay_rate`` : float in [0, 1), default 0.99; :math:`\rho`.
        ``epsilon`` : float ≥ 0, default 1e-8.
        ``cache`` : ndarray like ``w``, default zeros; :math:`c_t`, replaced by :math:`c_{t+1}`.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new cache.

    Raises
    ------
    TypeError, ValueError
        As :func:`sgd`.
    """
    config = prepare(w, dw, config, ("cache",), learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    ### BEGIN SOLUTION fc_net
    decay = config["decay_rate"]
    cache = decay * config["cache"] + (1 - decay) * dw**2
    config["cache"] = cache
    return w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"]), config
    ### END SOLUTION


@register
def adam(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Momentum and RMSProp together, both averages corrected for their start at zero.

    With :math:`t` counted up *before* it is used, so that the first call works with :math:`t = 1`:

    .. math::

        m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t, &\qquad \hat m_t &= m_t / (1 - \beta_1^t) \\
        v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, &\qquad \hat v_t &= v_t / (1 - \beta_2^t)

    .. math::

        w_{t+1} = w_t - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}

    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        ``learning_rate`` : float ≥ 0, default 1e-3.
        ``beta1`` : float in [0, 1), default 0.9.
        ``beta2`` : float in [0, 1), default 0.999.
        ``epsilon`` : float ≥ 0, default 1e-8; outside the root.
        ``m``, ``v`` : ndarray like ``w``, default zeros; the averages, stored without the correction.
        ``t`` : int ≥ 0, default 0; the number of steps taken.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new ``m``, ``v`` and ``t``.

    Raises
    ------
    TypeError, ValueError
        As :func:`sgd`.
    """
    config = prepare(w, dw, config, ("m", "v"), ("t", "weight_decay"), **_ADAM)
    config.setdefault("t", 0)
    ### BEGIN SOLUTION fc_net
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2
    m_hat = config["m"] / (1 - beta1 ** config["t"])
    v_hat = config["v"] / (1 - beta2 ** config["t"])
    return w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"]), config
    ### END SOLUTION


@register
def adamw(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Adam with weight decay that does not pass through the averages.

    .. math::

        w_{t+1} = w_t - \eta \lambda w_t - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}

    with :math:`\hat m_t, \hat v_t` of :func:`adam`. An L2 penalty in the loss would reach Adam as part of the
    gradient and be divided by :math:`\sqrt{\hat v_t}`, so that weights with large gradients are hardly
    decayed; here every weight shrinks at the same rate. Use it with ``reg=0`` in the network. It decays every
    parameter it is given; set ``weight_decay=0`` for biases, gammas and betas that should not decay.
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        As :func:`adam`, and ``weight_decay`` : float ≥ 0, default 1e-2; :math:`\lambda`.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new ``m``, ``v`` and ``t``.

    Raises
    ------
    TypeError, ValueError
        As :func:`sgd`.
    """
    config = prepare(w, dw, config, ("m", "v"), ("t",), **_ADAM, weight_decay=1e-2)
    next_w, config = adam(w, dw, config)
    return next_w - config["learning_rate"] * config["weight_decay"] * w, config
