"""The system of seed 002, part 1: CS231n 2022, fully connected nets and update rules."""

import numpy as np
from cs231n.classifiers.fc_net import *
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.optim import adam, rmsprop, sgd_momentum
from cs231n.solver import Solver
from cs231n.vis_utils import visualize_grid

np.random.seed(231)
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
for reg in (0, 3.14):
    model = FullyConnectedNet(
        [20, 30], input_dim=15, num_classes=10, reg=reg, weight_scale=5e-2, dtype=np.float64
    )
    loss, grads = model.loss(X, y)
    report(f"loss, reg {reg}", loss)
    for name in sorted(grads):
        numeric = eval_numerical_gradient(
            lambda _, model=model: model.loss(X, y)[0], model.params[name], verbose=False, h=1e-5
        )
        report(f"{name}, reg {reg}", rel_error(numeric, grads[name]))

N, D = 4, 5
w = np.linspace(-0.4, 0.6, num=N * D).reshape(N, D)
dw = np.linspace(-0.6, 0.4, num=N * D).reshape(N, D)
rising, falling = (np.linspace(0.6, 0.9, num=N * D), np.linspace(0.7, 0.5, num=N * D))

config = {"learning_rate": 1e-3, "velocity": rising.reshape(N, D).copy()}
next_w, _ = sgd_momentum(w, dw, config=config)
report("sgd_momentum: next weights", rel_error(next_w, table("002.optim.sgd_momentum.next_w")))
report("sgd_momentum: velocity", rel_error(config["velocity"], table("002.optim.sgd_momentum.velocity")))

config = {"learning_rate": 1e-2, "cache": rising.reshape(N, D).copy()}
next_w, _ = rmsprop(w, dw, config=config)
report("rmsprop: next weights", rel_error(next_w, table("002.optim.rmsprop.next_w")))
report("rmsprop: cache", rel_error(config["cache"], table("002.optim.rmsprop.cache")))

config = {"learning_rate": 1e-2, "m": rising.reshape(N, D).copy(), "v": falling.reshape(N, D).copy(), "t": 5}
next_w, _ = adam(w, dw, config=config)
report("adam: next weights", rel_error(next_w, table("002.optim.adam.next_w")))
report("adam: v", rel_error(config["v"], table("002.optim.adam.v")))
report("adam: m", rel_error(config["m"], table("002.optim.adam.m")))

# fifty images are learned by heart, with lines of progress and a picture of the first weights
data = images(train=60, val=20)
small = {name: array[:50] for name, array in data.items()}
net = FullyConnectedNet([100, 100], weight_scale=2e-2, dtype=np.float64)
solver = Solver(
    net,
    small,
    print_every=10,
    num_epochs=20,
    batch_size=25,
    update_rule="sgd",
    optim_config={"learning_rate": 5e-3},
)
solver.train()
report("training accuracy on fifty images", solver.train_acc_history[-1])
for rule in ("sgd", "sgd_momentum", "rmsprop", "adam"):
    net = FullyConnectedNet([20] * 5, weight_scale=5e-2)
    solver = Solver(
        net,
        data,
        num_epochs=1,
        batch_size=20,
        update_rule=rule,
        optim_config={"learning_rate": 1e-3},
        verbose=False,
    )
    solver.train()
    assert len(solver.loss_history) == 3
grid = visualize_grid(net.params["W1"].reshape(3, 32, 32, -1).transpose(3, 1, 2, 0), padding=3)
assert grid.shape == (5 * 32 + 4 * 3, 5 * 32 + 4 * 3, 3)
best_model = net
assert np.argmax(best_model.loss(data["X_test"]), axis=1).shape == data["y_test"].shape
