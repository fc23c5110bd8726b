"""The system of seed 002, part 2: CS231n 2022, batch and layer normalization."""

import time

import numpy as np
from cs231n.classifiers.fc_net import *
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.solver import Solver

np.random.seed(231)
X, W1, W2 = np.random.randn(200, 50), np.random.randn(50, 60), np.random.randn(60, 3)
a = np.maximum(0, X.dot(W1)).dot(W2)
report("means of the input", a.mean(axis=0))
report("its deviations", a.std(axis=0))
out, _ = batchnorm_forward(a, np.ones((3,)), np.zeros((3,)), {"mode": "train"})
report("deviations after, gamma 1, beta 0", out.std(axis=0))
# integer lists of numbers, as the course has them
gamma, beta = np.asarray([1.0, 2.0, 3.0]), np.asarray([11, 12, 13])
out, _ = batchnorm_forward(a, gamma, beta, {"mode": "train"})
report("means after, beta 11 12 13", out.mean(axis=0))
report("deviations after, gamma 1 2 3", out.std(axis=0))

np.random.seed(231)
W1, W2 = np.random.randn(50, 60), np.random.randn(60, 3)
bn_param = {"mode": "train"}
gamma, beta = np.ones(3), np.zeros(3)
for _ in range(50):
    a = np.maximum(0, np.random.randn(200, 50).dot(W1)).dot(W2)
    batchnorm_forward(a, gamma, beta, bn_param)
bn_param["mode"] = "test"
a = np.maximum(0, np.random.randn(200, 50).dot(W1)).dot(W2)
out, _ = batchnorm_forward(a, gamma, beta, bn_param)
report("means in test mode", out.mean(axis=0))
report("deviations in test mode", out.std(axis=0))

np.random.seed(231)
x, gamma, beta = 5 * np.random.randn(4, 5) + 12, np.random.randn(5), np.random.randn(5)
dout, bn_param = np.random.randn(4, 5), {"mode": "train"}
numeric = [
    eval_numerical_gradient_array(lambda x: batchnorm_forward(x, gamma, beta, bn_param)[0], x, dout),
    eval_numerical_gradient_array(lambda a: batchnorm_forward(x, a, beta, bn_param)[0], gamma.copy(), dout),
    eval_numerical_gradient_array(lambda b: batchnorm_forward(x, gamma, b, bn_param)[0], beta.copy(), dout),
]
_, cache = batchnorm_forward(x, gamma, beta, bn_param)
for name, want, got in zip(("dx", "dgamma", "dbeta"), numeric, batchnorm_backward(dout, cache), strict=True):
    report(name, rel_error(want, got))

np.random.seed(231)
x, dout = 5 * np.random.randn(100, 500) + 12, np.random.randn(100, 500)
gamma, beta = np.random.randn(500), np.random.randn(500)
_, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
start = time.time()
slow, fast = batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache)
assert time.time() > start
assert max(rel_error(one, other) for one, other in zip(slow, fast, strict=True)) < 1e-6

np.random.seed(231)
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
for reg in (0, 3.14):
    model = FullyConnectedNet(
        [20, 30],
        input_dim=15,
        num_classes=10,
        reg=reg,
        weight_scale=5e-2,
        dtype=np.float64,
        normalization="batchnorm",
    )
    loss, grads = model.loss(X, y)
    report(f"loss of a net with batchnorm, reg {reg}", loss)
    for name in ("W1", "W2") if reg == 0 else ():
        numeric = eval_numerical_gradient(
            lambda _, model=model: model.loss(X, y)[0], model.params[name], verbose=False, h=1e-5
        )
        report(f"{name}, reg {reg}", rel_error(numeric, grads[name]))

np.random.seed(231)
X, W1, W2 = np.random.randn(4, 50), np.random.randn(50, 60), np.random.randn(60, 3)
a = np.maximum(0, X.dot(W1)).dot(W2)
report("layernorm: means of the rows", a.mean(axis=1))
gamma, beta = np.asarray([3, 3, 3]), np.asarray([5, 5, 5])  # integers in the library are refused
out, _ = layernorm_forward(a, gamma, beta, {"mode": "train"})
report("layernorm: deviations after, gamma 3, beta 5", out.std(axis=1))

np.random.seed(231)
x, gamma, beta = 5 * np.random.randn(4, 5) + 12, np.random.randn(5), np.random.randn(5)
dout = np.random.randn(4, 5)
numeric = eval_numerical_gradient_array(lambda x: layernorm_forward(x, gamma, beta, {})[0], x, dout)
_, cache = layernorm_forward(x, gamma, beta, {})
report("layernorm: dx", rel_error(numeric, layernorm_backward(dout, cache)[0]))

data = images(train=60, val=20)
for normalization in (None, "batchnorm", "layernorm"):
    net = FullyConnectedNet([20] * 5, weight_scale=2e-2, normalization=normalization)
    solver = Solver(
        net,
        data,
        num_epochs=2,
        batch_size=20,
        update_rule="adam",
        optim_config={"learning_rate": 1e-3},
        verbose=True,
        print_every=20,
    )
    solver.train()
    assert len(solver.val_acc_history) == 3
