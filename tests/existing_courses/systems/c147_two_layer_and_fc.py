"""The system of seed 000: UCLA C147, a two-layer net with its own training, then layers; helpers in `cs231n`."""

import numpy as np
from cs231n.data_utils import load_CIFAR10
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.solver import Solver
from cs231n.vis_utils import visualize_grid

from nndl.neural_net import TwoLayerNet

np.random.seed(0)
net = TwoLayerNet(4, 10, 3, std=1e-1)
np.random.seed(1)
X, y = 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])
report("toy scores", net.loss(X))
loss, grads = net.loss(X, y, reg=0.05)
report("toy loss, reg 0.05", loss)
for name in sorted(grads):
    numeric = eval_numerical_gradient(lambda _: net.loss(X, y, reg=0.05)[0], net.params[name], verbose=False)
    report(f"toy {name}", rel_error(numeric, grads[name]))

np.random.seed(1)
X = 10 * np.random.randn(5, 4)
np.random.seed(0)
net = TwoLayerNet(4, 10, 3, std=1e-1)
stats = net.train(X, y, X, y, learning_rate=1e-1, reg=5e-6, num_iters=100, verbose=True)
report("last training loss of the toy net", stats["loss_history"][-1])
assert visualize_grid(net.params["W1"].reshape(10, 2, 2, 1), padding=3).ndim == 3

# the second half takes its TwoLayerNet, and everything else, from another module
from nndl.fc_net import *
from nndl.layer_utils import affine_relu_backward, affine_relu_forward

x = np.linspace(-0.1, 0.5, num=240).reshape(2, 4, 5, 6)
w, b = np.linspace(-0.2, 0.3, num=360).reshape(120, 3), np.linspace(-0.3, 0.1, num=3)
out, _ = affine_forward(x, w, b)
report("affine forward", rel_error(out, table("000.affine_forward")))
x = np.linspace(-0.5, 0.5, num=12).reshape(3, 4)
report("relu forward", rel_error(relu_forward(x)[0], table("000.relu_forward")))

x, w, b, dout = np.random.randn(10, 2, 3), np.random.randn(6, 5), np.random.randn(5), np.random.randn(10, 5)
numeric = eval_numerical_gradient_array(lambda x: affine_forward(x, w, b)[0], x, dout)
_, cache = affine_forward(x, w, b)
report("affine dx", rel_error(numeric, affine_backward(dout, cache)[0]))
x, dout = np.random.randn(10, 10), np.random.randn(10, 10)
numeric = eval_numerical_gradient_array(lambda x: relu_forward(x)[0], x, dout)
report("relu dx", rel_error(numeric, relu_backward(dout, relu_forward(x)[1])))
x, w, b = np.random.randn(2, 3, 4), np.random.randn(12, 10), np.random.randn(10)
dout = np.random.randn(2, 10)
numeric = eval_numerical_gradient_array(lambda x: affine_relu_forward(x, w, b)[0], x, dout)
report("affine-relu dx", rel_error(numeric, affine_relu_backward(dout, affine_relu_forward(x, w, b)[1])[0]))

x, y = 0.001 * np.random.randn(50, 10), np.random.randint(10, size=50)
for name, loss_function in (("svm", svm_loss), ("softmax", softmax_loss)):
    loss, dx = loss_function(x, y)
    numeric = eval_numerical_gradient(lambda x, f=loss_function: f(x, y)[0], x, verbose=False)
    report(f"{name} loss", loss)
    report(f"{name} dx", rel_error(numeric, dx))

X, y = np.linspace(-5.5, 4.5, num=15).reshape(5, 3).T, np.asarray([0, 5, 1])
model = TwoLayerNet(input_dim=5, hidden_dims=50, num_classes=7, weight_scale=1e-2)
model.params["W1"] = np.linspace(-0.7, 0.3, num=250).reshape(5, 50)
model.params["b1"] = np.linspace(-0.1, 0.9, num=50)
model.params["W2"] = np.linspace(-0.3, 0.4, num=350).reshape(50, 7)
model.params["b2"] = np.linspace(-0.9, 0.1, num=7)
report("two-layer net: loss, reg 0", model.loss(np.linspace(-5.5, 4.5, num=15).reshape(5, 3).T, y)[0])
model.reg = 1.0
report("two-layer net: loss, reg 1", model.loss(X, y)[0])

np.random.seed(231)
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
model = FullyConnectedNet(
    [20, 30], input_dim=15, num_classes=10, reg=3.14, weight_scale=5e-2, dtype=np.float64
)
assert set(model.loss(X, y)[1]) == set(model.params)
solver = Solver(
    TwoLayerNet(hidden_dims=20, reg=1e-2),
    images(train=60, val=20),
    num_epochs=2,
    batch_size=20,
    lr_decay=0.9,
    update_rule="sgd",
    optim_config={"learning_rate": 1e-3},
    print_every=2,
)
solver.train()
assert len(solver.loss_history) == 6
