"""Mistakes that classes make in layers as objects."""

from __future__ import annotations

from .model import bugs_in

SPOILED = ("scores", "gradients")
"""What a wrong forward pass of a hidden layer spoils; the loss takes the net's own scores."""

_bug = bugs_in("nn_modules", "modules.py")

_OUTPUT_LAYER = (
    _bug(
        "loss_summed",
        ("output_layer", "loss"),
        "OutputLayer.forward sums the loss over the rows instead of averaging it.",
        "Would the loss of a batch written down twice be twice as large?",
        (
            "return cross_entropy_loss(self.probabilities, t)",
            "return cross_entropy_loss(self.probabilities, t) * len(t)",
        ),
    ),
    _bug(
        "loss_averaged_over_classes",
        ("output_layer", "loss"),
        "OutputLayer.forward averages over all entries of the batch, classes included.",
        "How many terms does the loss of one row have, and by what is their sum divided?",
        (
            "return cross_entropy_loss(self.probabilities, t)",
            "return cross_entropy_loss(self.probabilities, t) / t.shape[1]",
        ),
    ),
    _bug(
        "softmax_twice",
        ("output_layer", "loss"),
        "OutputLayer.forward applies the softmax twice before it takes the cross entropy.",
        "Which of the two helpers expects scores, and which expects probabilities?",
        ("cross_entropy_loss(self.probabilities, t)", "cross_entropy_loss(softmax(self.probabilities), t)"),
    ),
    _bug(
        "softmax_over_the_batch",
        ("output_layer", "loss", "gradients"),
        "The softmax is normalized over the rows of the batch instead of over the classes.",
        "Which numbers must sum to 1: those of a row or those of a column?",
        ("self.probabilities = softmax(x)", "self.probabilities = softmax(x.T).T"),
    ),
    _bug(
        "softmax_without_shift",
        ("output_layer",),
        "The exponentials are taken of the raw scores and overflow when scores are large.",
        "There is a softmax in the linear classifier that cannot overflow: why not use it?",
        (
            "self.probabilities = softmax(x)",
            "self.probabilities = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)",
        ),
    ),
    _bug(
        "loss_without_constant",
        ("output_layer", "loss"),
        "The loss is computed without the 1e-9 inside the logarithm, so a probability of 0 costs infinity.",
        "The linear classifier has a function for the cross entropy; what does it do about log 0?",
        (
            "return cross_entropy_loss(self.probabilities, t)",
            "return float(-np.sum(t * np.log(self.probabilities)) / len(t))",
        ),
    ),
    _bug(
        "output_gradient_not_averaged",
        ("output_layer", "gradients"),
        "OutputLayer.backward does not divide by the number of rows, but the loss is their mean.",
        "Where does the 1/N of the loss go when it is differentiated?",
        (
            "dout * (self.probabilities - self.target) / self.probabilities.shape[0]",
            "dout * (self.probabilities - self.target)",
        ),
    ),
    _bug(
        "output_gradient_over_classes",
        ("output_layer", "gradients"),
        "OutputLayer.backward divides by the number of classes instead of the number of rows.",
        "Which axis of the scores holds the rows?",
        ("/ self.probabilities.shape[0]", "/ self.probabilities.shape[1]"),
    ),
    _bug(
        "output_gradient_sign",
        ("output_layer", "gradients"),
        "OutputLayer.backward returns target minus probability: the sign is lost.",
        "Should the loss rise or fall when the score of a wrong class rises?",
        ("dout * (self.probabilities - self.target)", "dout * (self.target - self.probabilities)"),
    ),
    _bug(
        "output_gradient_without_target",
        ("output_layer", "gradients"),
        "OutputLayer.backward returns the probabilities; nothing is taken off at the right class.",
        "Differentiate the score of the right class as well: it stands in the loss with a minus sign.",
        ("dout * (self.probabilities - self.target)", "dout * self.probabilities"),
    ),
    _bug(
        "output_gradient_ignores_dout",
        ("output_layer",),
        "OutputLayer.backward does not use the upstream gradient dout.",
        "By how much does everything grow if the loss is multiplied by 2 afterwards?",
        ("dout * (self.probabilities - self.target)", "(self.probabilities - self.target)"),
    ),
)

_RELU = (
    _bug(
        "relu_leaks",
        ("relu", *SPOILED),
        "The ReLU lets a small share of negative inputs through.",
        "What is the larger of 0 and a negative number?",
        ("return np.maximum(0, x)", "return np.maximum(0.01 * x, x)"),
    ),
    _bug(
        "relu_is_absolute_value",
        ("relu", *SPOILED),
        "The ReLU turns negative inputs into positive ones instead of into 0.",
        "Compare the graphs of |x| and max(0, x) on the left side.",
        ("return np.maximum(0, x)", "return np.abs(x)"),
    ),
    _bug(
        "relu_keeps_the_negative",
        ("relu", *SPOILED),
        "The ReLU keeps what is negative and cuts off what is positive.",
        "Which is it, the larger or the smaller of the two numbers?",
        ("return np.maximum(0, x)", "return np.minimum(0, x)"),
    ),
    _bug(
        "relu_returns_mask",
        ("relu", *SPOILED),
        "ReLU.forward returns 1 where the input is positive, instead of the input.",
        "The mask says where; which number belongs there?",
        ("return np.maximum(0, x)", "return self.mask * 1.0"),
    ),
    _bug(
        "relu_changes_its_input",
        ("relu",),
        "ReLU.forward sets the negative entries of the caller's own array to 0.",
        "Which array does x[...] = 0 write to? Who else may still need it?",
        ("return np.maximum(0, x)", "x[x < 0] = 0\n        return x"),
    ),
    _bug(
        "relu_gradient_everywhere",
        ("relu", "gradients"),
        "ReLU.backward lets the whole upstream gradient through.",
        "By how much does the output change when a negative input moves a little?",
        ("return np.where(self.mask, dout, 0)", "return dout.copy()"),
    ),
    _bug(
        "relu_gradient_at_zero",
        ("relu",),
        "ReLU.backward lets the gradient through where the input was exactly 0.",
        "Compare >= with >, and read the contract for an input of exactly 0.",
        ("self.mask = x > 0", "self.mask = x >= 0"),
    ),
    _bug(
        "relu_gradient_of_itself",
        ("relu", "gradients"),
        "ReLU.backward cuts off where the upstream gradient is negative, not where the input was.",
        "Which array decides whether the gate was open: the one of forward or the one of backward?",
        ("return np.where(self.mask, dout, 0)", "return np.maximum(dout, 0)"),
    ),
    _bug(
        "relu_gradient_without_dout",
        ("relu", "gradients"),
        "ReLU.backward returns its own derivative; the upstream gradient is missing from the product.",
        "The chain rule has two factors: which of them is dout?",
        (
            "return np.where(self.mask, dout, 0)",
            "return np.where(self.mask, np.ones_like(dout), np.zeros_like(dout))",
        ),
    ),
    _bug(
        "relu_gradient_becomes_float",
        ("relu",),
        "ReLU.backward turns integers into floating-point numbers.",
        "What dtype has the product of an integer array and an array of floats?",
        (
            "return np.where(self.mask, dout, 0)",
            "return dout * self.mask.astype(float)",
        ),
    ),
    _bug(
        "relu_remembers_the_first_input",
        ("relu",),
        "The ReLU keeps the mask of its first forward for ever.",
        "To which forward does a backward belong?",
        ("self.mask = x > 0", "self.mask = x > 0 if self.mask is None else self.mask"),
    ),
)

_SIGMOID = (
    _bug(
        "sigmoid_mirrored",
        ("sigmoid",),
        "Sigmoid.forward has the wrong sign in the exponential: large inputs give 0 instead of 1.",
        "What should come out for an input of +10?",
        ("np.where(x >= 0, 1, small) / (1 + small)", "np.where(x < 0, 1, small) / (1 + small)"),
    ),
    _bug(
        "sigmoid_is_tanh",
        ("sigmoid",),
        "Sigmoid.forward computes the hyperbolic tangent, which runs from -1 to 1.",
        "What should come out for an input of 0?",
        ("self.out = np.where(x >= 0, 1, small) / (1 + small)", "self.out = np.tanh(x)"),
    ),
    _bug(
        "sigmoid_overflows",
        ("sigmoid",),
        "Sigmoid.forward takes the exponential of large positive numbers, and infinity by infinity is NaN.",
        "Which of the two equal forms has an exponential that stays small for this sign of x?",
        (
            "self.out = np.where(x >= 0, 1, small) / (1 + small)",
            "self.out = np.exp(x) / (1 + np.exp(x))",
        ),
    ),
    _bug(
        "sigmoid_as_softmax",
        ("sigmoid",),
        "Sigmoid.forward divides by a sum over other entries; every entry stands for itself.",
        "Does the sigmoid of one entry depend on its neighbours?",
        (
            "self.out = np.where(x >= 0, 1, small) / (1 + small)",
            "self.out = np.exp(x - x.max()) / np.exp(x - x.max()).sum()",
        ),
    ),
    _bug(
        "sigmoid_gradient_one_factor",
        ("sigmoid",),
        "Sigmoid.backward multiplies by s only; the factor 1 - s is missing.",
        "How steep is the sigmoid where it has almost reached 1?",
        ("return dout * self.out * (1 - self.out)", "return dout * self.out"),
    ),
    _bug(
        "sigmoid_gradient_other_factor",
        ("sigmoid",),
        "Sigmoid.backward multiplies by 1 - s only; the factor s is missing.",
        "How steep is the sigmoid where it is still almost 0?",
        ("return dout * self.out * (1 - self.out)", "return dout * (1 - self.out)"),
    ),
    _bug(
        "sigmoid_gradient_without_dout",
        ("sigmoid",),
        "Sigmoid.backward returns its own derivative; the upstream gradient is missing from the product.",
        "The chain rule has two factors: which of them is dout?",
        ("return dout * self.out * (1 - self.out)", "return self.out * (1 - self.out)"),
    ),
    _bug(
        "sigmoid_gradient_of_tanh",
        ("sigmoid",),
        "Sigmoid.backward uses 1 - s², the derivative of the hyperbolic tangent.",
        "Differentiate 1 / (1 + exp(-x)) and write the result with s alone.",
        ("return dout * self.out * (1 - self.out)", "return dout * (1 - self.out**2)"),
    ),
    _bug(
        "sigmoid_applied_again_in_backward",
        ("sigmoid",),
        "Sigmoid.backward applies the sigmoid a second time, to what is its output already.",
        "Which array was kept in forward: the input or the output?",
        (
            "return dout * self.out * (1 - self.out)",
            "again = 1 / (1 + np.exp(-self.out))\n        return dout * again * (1 - again)",
        ),
    ),
)

_AFFINE = (
    _bug(
        "affine_without_bias",
        ("affine", *SPOILED),
        "Affine.forward does not add the bias.",
        "Biases start at 0, so a fresh net does not show it: try a layer whose b is not 0.",
        ("return x @ self.W + self.b", "return x @ self.W"),
    ),
    _bug(
        "affine_bias_subtracted",
        ("affine", *SPOILED),
        "Affine.forward subtracts the bias.",
        "Read the formula of the layer aloud, signs included.",
        ("return x @ self.W + self.b", "return x @ self.W - self.b"),
    ),
    _bug(
        "affine_bias_averaged",
        ("affine", *SPOILED),
        "Affine.forward adds the mean of all biases to every entry.",
        "Which entry of b belongs to which column of the output?",
        ("return x @ self.W + self.b", "return x @ self.W + self.b.mean()"),
    ),
    _bug(
        "affine_with_relu",
        ("affine", *SPOILED),
        "Affine.forward cuts off negative results; that is the next layer's work.",
        "Which layer holds the nonlinearity?",
        ("return x @ self.W + self.b", "return np.maximum(0, x @ self.W + self.b)"),
    ),
    _bug(
        "dW_averaged",
        ("affine", "gradients"),
        "Affine.backward divides dW by the number of rows, but the 1/N is already in the upstream gradient.",
        "Who divides by N: the layer that averages, or every layer?",
        ("self.dW = self.x.T @ dout", "self.dW = self.x.T @ dout / len(dout)"),
    ),
    _bug(
        "dW_accumulates",
        ("affine",),
        "Affine.backward adds dW to that of the call before.",
        "What should dW hold after a second batch: its own gradient or the sum of both?",
        (
            "self.dW = self.x.T @ dout",
            "self.dW = self.x.T @ dout + (0 if self.dW is None else self.dW)",
        ),
    ),
    _bug(
        "dW_transposed",
        ("affine", "gradients"),
        "Affine.backward stores dW transposed.",
        "A gradient has the shape of what it belongs to: which shape has W?",
        ("self.dW = self.x.T @ dout", "self.dW = dout.T @ self.x"),
    ),
    _bug(
        "db_averaged",
        ("affine", "gradients"),
        "Affine.backward takes the mean of dout for db; b is added to every row, so its gradient is a sum.",
        "How many rows does one entry of b act on?",
        ("self.db = dout.sum(axis=0)", "self.db = dout.mean(axis=0)"),
    ),
    _bug(
        "db_keeps_an_axis",
        ("affine", "gradients"),
        "Affine.backward stores db with two axes; the contract asks for one.",
        "What does keepdims do, and which shape does the contract ask for?",
        ("self.db = dout.sum(axis=0)", "self.db = dout.sum(axis=0, keepdims=True)"),
    ),
    _bug(
        "db_not_summed",
        ("affine", "gradients"),
        "Affine.backward stores the whole upstream gradient as db.",
        "A gradient has the shape of what it belongs to: which shape has b?",
        ("self.db = dout.sum(axis=0)", "self.db = dout.copy()"),
    ),
    _bug(
        "dx_without_weights",
        ("affine", "gradients"),
        "Affine.backward takes the signs of the weights only for the gradient of the input.",
        "By how much does an output move when an input moves by 1?",
        ("return dout @ self.W.T", "return dout @ np.sign(self.W.T)"),
    ),
    _bug(
        "dx_averaged",
        ("affine", "gradients"),
        "Affine.backward divides the gradient of the input by the number of rows.",
        "Who divides by N: the layer that averages, or every layer?",
        ("return dout @ self.W.T", "return dout @ self.W.T / len(dout)"),
    ),
)

BUGS = (*_OUTPUT_LAYER, *_RELU, *_SIGMOID, *_AFFINE)
