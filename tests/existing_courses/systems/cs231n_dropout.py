"""The system of seed 002, part 3: CS231n 2022, dropout."""

import numpy as np
from cs231n.classifiers.fc_net import *
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.solver import Solver

np.random.seed(231)
x = np.random.randn(500, 500) + 10
for p in (0.25, 0.4, 0.7):
    out, _ = dropout_forward(x, {"mode": "train", "p": p})
    out_test, _ = dropout_forward(x, {"mode": "test", "p": p})
    report(f"mean of the output, p {p}", out.mean())
    report(f"share of zeros, p {p}", (out == 0).mean())
    assert out_test.mean() == x.mean()

np.random.seed(231)
x, dout = np.random.randn(10, 10) + 10, np.random.randn(10, 10)
dropout_param = {"mode": "train", "p": 0.2, "seed": 123}
_, cache = dropout_forward(x, dropout_param)
numeric = eval_numerical_gradient_array(lambda xx: dropout_forward(xx, dropout_param)[0], x, dout)
report("dx", rel_error(dropout_backward(dout, cache), numeric))

np.random.seed(231)
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
for keep in (1, 0.75, 0.5):
    model = FullyConnectedNet(
        [20, 30],
        input_dim=15,
        num_classes=10,
        weight_scale=5e-2,
        dtype=np.float64,
        dropout_keep_ratio=keep,
        seed=123,
    )
    loss, grads = model.loss(X, y)
    report(f"loss of a net with dropout {keep}", loss)
    numeric = eval_numerical_gradient(
        lambda _, model=model: model.loss(X, y)[0], model.params["b3"], verbose=False, h=1e-5
    )
    assert rel_error(numeric, grads["b3"]) < 1e-8

for keep in (1, 0.25):
    solver = Solver(
        FullyConnectedNet([50], dropout_keep_ratio=keep),
        images(train=60, val=20),
        num_epochs=2,
        batch_size=20,
        update_rule="adam",
        optim_config={"learning_rate": 5e-4},
        verbose=True,
        print_every=100,
    )
    solver.train()
    assert len(solver.train_acc_history) == 3
