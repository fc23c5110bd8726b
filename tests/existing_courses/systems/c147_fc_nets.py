"""The system of seed 001: UCLA C147, fully connected nets; helpers in `utils`."""

import numpy as np
from utils.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from utils.solver import Solver

from nndl.fc_net import *
from nndl.layer_utils import affine_relu_backward, affine_relu_forward

x = np.linspace(-0.1, 0.5, num=240).reshape(2, 4, 5, 6)
w, b = np.linspace(-0.2, 0.3, num=360).reshape(120, 3), np.linspace(-0.3, 0.1, num=3)
report("affine forward", rel_error(affine_forward(x, w, b)[0], table("000.affine_forward")))
x = np.linspace(-0.5, 0.5, num=12).reshape(3, 4)
report("relu forward", rel_error(relu_forward(x)[0], table("000.relu_forward")))
x, w, b = np.random.randn(2, 3, 4), np.random.randn(12, 10), np.random.randn(10)
dout = np.random.randn(2, 10)
numeric = eval_numerical_gradient_array(lambda w: affine_relu_forward(x, w, b)[0], w, dout)
report("affine-relu dw", rel_error(numeric, affine_relu_backward(dout, affine_relu_forward(x, w, b)[1])[1]))
x, y = 0.001 * np.random.randn(50, 10), np.random.randint(10, size=50)
report("softmax loss", softmax_loss(x, y)[0])

for reg in (0, 3.14):
    X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
    model = FullyConnectedNet(
        [20, 30], input_dim=15, num_classes=10, reg=reg, weight_scale=5e-2, dtype=np.float64
    )
    loss, grads = model.loss(X, y)
    report(f"initial loss, reg {reg}", loss)
    numeric = eval_numerical_gradient(
        lambda _, model=model, X=X, y=y: model.loss(X, y)[0], model.params["W1"], verbose=False, h=1e-5
    )
    report(f"W1, reg {reg}", rel_error(numeric, grads["W1"]))
    assert len(grads) == 6

data = images(train=60, val=20)
small = {name: array[:50] for name, array in data.items()}
solver = Solver(
    FullyConnectedNet([100, 100], weight_scale=2e-2, dtype=np.float64),
    small,
    print_every=10,
    num_epochs=20,
    batch_size=25,
    update_rule="sgd",
    optim_config={"learning_rate": 5e-3},
)
solver.train()
report("training accuracy on fifty images", solver.train_acc_history[-1])
net = TwoLayerNet(hidden_dims=20, weight_scale=1e-3)
solver = Solver(
    net, data, num_epochs=1, batch_size=20, optim_config={"learning_rate": 1e-3}, lr_decay=0.95, verbose=False
)
solver.train()
assert solver.best_val_acc >= 0
