"""The system of seed 002, part 4: CS231n 2022, convolutional networks."""

from time import time

import numpy as np
from cs231n.classifiers.cnn import *
from cs231n.fast_layers import *
from cs231n.fast_layers import conv_backward_fast, conv_forward_fast
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.layer_utils import *
from cs231n.layer_utils import conv_relu_forward, conv_relu_pool_forward
from cs231n.layers import *
from cs231n.solver import Solver
from cs231n.vis_utils import visualize_grid

x = np.linspace(-0.1, 0.5, num=96).reshape(2, 3, 4, 4)
w = np.linspace(-0.2, 0.3, num=144).reshape(3, 3, 4, 4)
b = np.linspace(-0.1, 0.2, num=3)
out, _ = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
report("convolution forward, against the stated table", rel_error(out, table("002.conv_forward_naive")))

np.random.seed(231)
x, w, b = np.random.randn(4, 3, 5, 5), np.random.randn(2, 3, 3, 3), np.random.randn(2)
dout, conv_param = np.random.randn(4, 2, 5, 5), {"stride": 1, "pad": 1}
numeric = [
    eval_numerical_gradient_array(lambda x: conv_forward_naive(x, w, b, conv_param)[0], x, dout),
    eval_numerical_gradient_array(lambda w: conv_forward_naive(x, w, b, conv_param)[0], w, dout),
    eval_numerical_gradient_array(lambda b: conv_forward_naive(x, w, b, conv_param)[0], b, dout),
]
_, cache = conv_forward_naive(x, w, b, conv_param)
for name, want, got in zip(
    ("convolution dx", "dw", "db"), numeric, conv_backward_naive(dout, cache), strict=True
):
    report(name, rel_error(got, want))

x = np.linspace(-0.3, 0.4, num=96).reshape(2, 3, 4, 4)
pool_param = {"pool_width": 2, "pool_height": 2, "stride": 2}
out, _ = max_pool_forward_naive(x, pool_param)
report("max pooling forward", rel_error(out, table("002.max_pool_forward_naive")))

np.random.seed(231)
x, dout = np.random.randn(3, 2, 8, 8), np.random.randn(3, 2, 4, 4)
numeric = eval_numerical_gradient_array(lambda x: max_pool_forward_naive(x, pool_param)[0], x, dout)
_, cache = max_pool_forward_naive(x, pool_param)
report("max pooling dx", rel_error(max_pool_backward_naive(dout, cache), numeric))

np.random.seed(231)
x, w, b, dout = np.random.randn(5, 3, 11, 11), np.random.randn(6, 3, 3, 3), np.random.randn(6), None
start = time()
slow, slow_cache = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
fast, fast_cache = conv_forward_fast(x, w, b, {"stride": 2, "pad": 1})
assert time() > start
assert rel_error(slow, fast) < 1e-6
for one, other in zip(
    conv_backward_naive(slow, slow_cache), conv_backward_fast(slow, fast_cache), strict=True
):
    assert rel_error(one, other) < 1e-6
slow, slow_cache = max_pool_forward_naive(x, pool_param)
fast, fast_cache = max_pool_forward_fast(x, pool_param)
assert rel_error(slow, fast) == 0
assert rel_error(max_pool_backward_naive(slow, slow_cache), max_pool_backward_fast(slow, fast_cache)) == 0

# the random state that the course's notebook has at this point
np.random.seed(231)
np.random.randn(2, 3, 8, 8), np.random.randn(3, 3, 3, 3), np.random.randn(3), np.random.randn(2, 3, 8, 8)
model = ThreeLayerConvNet()
X, y = np.random.randn(50, 3, 32, 32), np.random.randint(10, size=50)
report("loss of a fresh ConvNet, reg 0", model.loss(X, y)[0])
model.reg = 0.5
report("loss, reg 0.5", model.loss(X, y)[0])

np.random.seed(231)
X, y = np.random.randn(2, 3, 16, 16), np.random.randint(10, size=2)
model = ThreeLayerConvNet(num_filters=3, filter_size=3, input_dim=(3, 16, 16), hidden_dim=7, dtype=np.float64)
_, grads = model.loss(X, y)
for name in sorted(grads):
    if not name.startswith("W"):
        continue
    numeric = eval_numerical_gradient(
        lambda _: model.loss(X, y)[0], model.params[name], verbose=False, h=1e-6
    )
    report(name, rel_error(numeric, grads[name]))

np.random.seed(231)
x = 4 * np.random.randn(2, 3, 4, 5) + 10
gamma, beta = np.asarray([3, 4, 5]), np.asarray([6, 7, 8])
out, _ = spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
report("spatial batchnorm, gamma 3 4 5, beta 6 7 8: means", out.mean(axis=(0, 2, 3)))
report("spatial batchnorm, gamma 3 4 5, beta 6 7 8: deviations", out.std(axis=(0, 2, 3)))

np.random.seed(231)
bn_param, gamma, beta = {"mode": "train"}, np.ones(4), np.zeros(4)
for _ in range(50):
    spatial_batchnorm_forward(2.3 * np.random.randn(10, 4, 11, 12) + 13, gamma, beta, bn_param)
bn_param["mode"] = "test"
out, _ = spatial_batchnorm_forward(2.3 * np.random.randn(10, 4, 11, 12) + 13, gamma, beta, bn_param)
report("spatial batchnorm, test mode: means", out.mean(axis=(0, 2, 3)))

np.random.seed(231)
x, gamma, beta = 5 * np.random.randn(2, 3, 4, 5) + 12, np.random.randn(3), np.random.randn(3)
dout, bn_param = np.random.randn(2, 3, 4, 5), {"mode": "train"}
numeric = eval_numerical_gradient_array(
    lambda x: spatial_batchnorm_forward(x, gamma, beta, bn_param)[0], x, dout
)
_, cache = spatial_batchnorm_forward(x, gamma, beta, bn_param)
report("spatial batchnorm dx", rel_error(numeric, spatial_batchnorm_backward(dout, cache)[0]))

np.random.seed(231)
x = 4 * np.random.randn(2, 6, 4, 5) + 10
out, _ = spatial_groupnorm_forward(x, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1)), 2, {"mode": "train"})
report("groupnorm: deviations after", out.reshape(4, -1).std(axis=1))

np.random.seed(231)
x, gamma, beta = (
    5 * np.random.randn(2, 6, 4, 5) + 12,
    np.random.randn(1, 6, 1, 1),
    np.random.randn(1, 6, 1, 1),
)
dout = np.random.randn(2, 6, 4, 5)
numeric = eval_numerical_gradient_array(
    lambda x: spatial_groupnorm_forward(x, gamma, beta, 2, {})[0], x, dout
)
_, cache = spatial_groupnorm_forward(x, gamma, beta, 2, {})
report("groupnorm dx", rel_error(numeric, spatial_groupnorm_backward(dout, cache)[0]))

solver = Solver(
    ThreeLayerConvNet(num_filters=2, hidden_dim=5, weight_scale=1e-2),
    images(train=40, val=20),
    num_epochs=1,
    batch_size=20,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    verbose=True,
    print_every=1,
)
solver.train()
assert visualize_grid(solver.model.params["W1"].transpose(0, 2, 3, 1)).shape == (15, 15, 3)
