"""The system of seed 004: the Seoul homework 1. Two star imports bring everything, NumPy included."""

from HW_YourAnswer import *
from utils import *

np.random.seed(0)
X_tr, Y_tr, X_te, Y_te, mean_img = get_CIFAR10_data()
assert (X_tr[0] + mean_img).min() >= -1e-12
Y_tr_onehot, Y_te_onehot = np.eye(10)[Y_tr.reshape(-1)], np.eye(10)[Y_te.reshape(-1)]
fig, axes = plt.subplots(1, 2)
axes[0].imshow(X_tr[0].reshape(32, 32, 3) + mean_img.reshape(32, 32, 3))

report("softmax of large integers", softmax(np.array([[2060, 2000, 2080]])))
report("cross entropy of zeros", cross_entropy_loss(np.array([[0.0, 0.0, 0.0]]), np.array([[0, 1, 0]])))

x_batch, y_batch = X_tr[:20], Y_tr_onehot[:20]
W, b = np.zeros((3072, 10)), np.zeros(10)
report("cost at the start", linear_cost_func(x_batch, y_batch, W, b))
start = time.time()
W_batch, _, J_batch, W_his_batch = batch_gradient_descent_func(x_batch, y_batch, W, b, 0.1, 100)
W_sgd, b_sgd, J_sgd, W_his_sgd = stochastic_gradient_descent_func(x_batch, y_batch, W, b, 0.1, 100, 2, 7)
assert time.time() > start
assert len(W_his_batch) == len(W_his_sgd) == len(J_batch) == 100
plotCostOpt(J_batch)
plotCostOpt(J_sgd)
report("cost after a hundred steps is below a tenth", float(J_batch[-1] < 0.23))
assert np.argmax(linear_pred(X_te, W_sgd, b_sgd), axis=1).shape == Y_te.shape

output = OutputLayer()
report("output layer", output.forward(np.array([[3, -10, 0.7]]), np.array([[0, 1, 0]])))
output.backward()
relu, sigmoid = ReLU(), Sigmoid()
relu.forward(np.array([[3, -10, 0.7]]))
report("relu backward", relu.backward(np.array([[-10, 1, 0]])))
report("sigmoid", sigmoid.forward(np.array([[3, -10, 0.7]])))
affine = Affine(np.array([[0.2, -0.3, 0.6], [-0.9, 0.1, -0.4]]), np.array([[0.2, -0.3, 0.6]]))
report("affine", affine.forward(np.array([[0.2, -0.3], [-0.9, 0.1]])))

network = TwoLayerNet(input_size=3072, hidden_size=5, output_size=10, regularization=100)
grads = network.gradient(x_batch, y_batch)
assert set(grads) == {"W1", "b1", "W2", "b2"}
network = TwoLayerNet(input_size=3072, hidden_size=16, output_size=10, regularization=0.0001)
accuracies = []
for _ in range(30):
    rows = np.random.choice(len(X_tr), 10)
    network.gradient(X_tr[rows], Y_tr_onehot[rows])
    network.update_params(0.1)
    accuracies.append(network.accuracy(X_te, Y_te_onehot))
    assert np.isfinite(network.loss(X_tr[rows], Y_tr_onehot[rows]))
model_plot(accuracies, accuracies)
