"""The system of seed 003: UCLA C147, update rules, batch normalization, dropout, convolutional layers."""

import numpy as np
from utils.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from utils.solver import Solver

from nndl.fc_net import *
from nndl.layer_tests import *
from nndl.layers import *
from nndl.optim import adam, rmsprop, sgd_momentum, sgd_nesterov_momentum

for test in (
    affine_forward_test,
    affine_backward_test,
    relu_forward_test,
    relu_backward_test,
    affine_relu_test,
):
    test()
fc_net_test()

N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
rising, falling = (np.linspace(0.6, 0.9, num=N * D), np.linspace(0.7, 0.5, num=N * D))
config = {"learning_rate": 1e-3, "velocity": rising.reshape(N, D).copy()}
next_w, _ = sgd_momentum(w, dw, config=config)
report("sgd_momentum: next weights", rel_error(next_w, table("002.optim.sgd_momentum.next_w")))
config = {"learning_rate": 1e-3, "velocity": rising.reshape(N, D).copy()}
next_w, _ = sgd_nesterov_momentum(w, dw, config=config)
report(
    "sgd_nesterov_momentum: velocity", rel_error(config["velocity"], table("002.optim.sgd_momentum.velocity"))
)
report("sgd_nesterov_momentum: first weight", next_w[0, 0])
# the course's names of the state: the mean square is `a`, Adam's first moment `v`
config = {"learning_rate": 1e-2, "a": rising.reshape(N, D).copy()}
next_w, _ = rmsprop(w, dw, config=config)
report("rmsprop: next weights", rel_error(next_w, table("002.optim.rmsprop.next_w")))
report("rmsprop: a", rel_error(config["a"], table("002.optim.rmsprop.cache")))
config = {"learning_rate": 1e-2, "v": rising.reshape(N, D).copy(), "a": falling.reshape(N, D).copy(), "t": 5}
next_w, _ = adam(w, dw, config=config)
report("adam: next weights", rel_error(next_w, table("002.optim.adam.next_w")))
report("adam: a", rel_error(config["a"], table("002.optim.adam.v")))
report("adam: v", rel_error(config["v"], table("002.optim.adam.m")))

X, W1, W2 = np.random.randn(200, 50), np.random.randn(50, 60), np.random.randn(60, 3)
a = np.maximum(0, X.dot(W1)).dot(W2)
out, _ = batchnorm_forward(a, np.asarray([1.0, 2.0, 3.0]), np.asarray([11.0, 12.0, 13.0]), {"mode": "train"})
report("batchnorm: means after, beta 11 12 13", out.mean(axis=0))
report("batchnorm: deviations after, gamma 1 2 3", out.std(axis=0))
x, gamma, beta = 5 * np.random.randn(4, 5) + 12, np.random.randn(5), np.random.randn(5)
dout, bn_param = np.random.randn(4, 5), {"mode": "train"}
numeric = eval_numerical_gradient_array(lambda x: batchnorm_forward(x, gamma, beta, bn_param)[0], x, dout)
_, cache = batchnorm_forward(x, gamma, beta, bn_param)
report("batchnorm: dx", rel_error(numeric, batchnorm_backward(dout, cache)[0]))
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
model = FullyConnectedNet(
    [20, 30], input_dim=15, num_classes=10, reg=3.14, weight_scale=5e-2, dtype=np.float64, use_batchnorm=True
)
assert {"gamma1", "beta2"} <= set(model.loss(X, y)[1])

x = np.random.randn(500, 500) + 10
for p in (0.3, 0.6, 0.75):
    out, _ = dropout_forward(x, {"mode": "train", "p": p})
    report(f"dropout: share of zeros, p {p}", (out == 0).mean())
for dropout in (0, 0.25, 0.5):
    model = FullyConnectedNet(
        [20, 30], input_dim=15, num_classes=10, weight_scale=5e-2, dtype=np.float64, dropout=dropout, seed=123
    )
    _, grads = model.loss(X, y)
    numeric = eval_numerical_gradient(
        lambda _, model=model: model.loss(X, y)[0], model.params["W3"], verbose=False, h=1e-5
    )
    report(f"net with dropout {dropout}: W3", rel_error(numeric, grads["W3"]))

for rule in ("sgd", "sgd_momentum", "sgd_nesterov_momentum", "adam", "rmsprop"):
    solver = Solver(
        FullyConnectedNet([20] * 5, weight_scale=5e-2, use_batchnorm=True),
        images(train=60, val=20),
        num_epochs=1,
        batch_size=20,
        update_rule=rule,
        optim_config={"learning_rate": 1e-3},
        lr_decay=0.9,
        verbose=False,
    )
    solver.train()
    assert len(solver.loss_history) == 3

# the convolutional layers have a module of their own
from utils.fast_layers import *

from nndl.cnn import *
from nndl.conv_layer_utils import conv_relu_forward, conv_relu_pool_forward
from nndl.conv_layers import *

x = np.linspace(-0.1, 0.5, num=96).reshape(2, 3, 4, 4)
w, b = np.linspace(-0.2, 0.3, num=144).reshape(3, 3, 4, 4), np.linspace(-0.1, 0.2, num=3)
out, _ = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
report("convolution forward", rel_error(out, table("002.conv_forward_naive")))
assert rel_error(out, conv_forward_fast(x, w, b, {"stride": 2, "pad": 1})[0]) < 1e-9
out, _ = max_pool_forward_naive(
    np.linspace(-0.3, 0.4, num=96).reshape(2, 3, 4, 4), {"pool_width": 2, "pool_height": 2, "stride": 2}
)
report("max pooling forward", rel_error(out, table("002.max_pool_forward_naive")))
x, gamma, beta = 4 * np.random.randn(2, 3, 4, 5) + 10, np.asarray([3, 4, 5]), np.asarray([6, 7, 8])
out, _ = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
report("spatial batchnorm: means", out.mean(axis=(0, 2, 3)))
report("spatial batchnorm: deviations", out.std(axis=(0, 2, 3)))
model = ThreeLayerConvNet(
    num_filters=3, filter_size=3, input_dim=(3, 16, 16), hidden_dim=7, dtype=np.float64, use_batchnorm=False
)
assert np.isfinite(model.loss(np.random.randn(2, 3, 16, 16), np.array([1, 2]))[0])
