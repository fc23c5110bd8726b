"""Mistakes that classes make in layers as objects and in the net made of them."""

from __future__ import annotations

from .model import NamedBug

_API = tuple((name, "nndl.modules") for name in ("OutputLayer", "ReLU", "Sigmoid", "Affine", "TwoLayerNet"))
_NET = (
    "scores",
    "gradients",
)  # what a wrong forward pass of a hidden layer spoils; the loss takes own scores
_ALL_OF_THE_NET = ("scores", "loss", "accuracy", "gradients", "numerical_gradient", "update_params")


def _bug(
    name: str, concerns: tuple[str, ...], explanation: str, hint: str, *edits: tuple[str, str]
) -> NamedBug:
    return NamedBug(name, "modules.py", edits, explanation, hint, concerns, _API)


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
        ("relu", *_NET),
        "The ReLU lets a small share of negative inputs through.",
        "What is the larger of 0 and a negative number?",
        ("return np.maximum(0, x)", "return np.maximum(0.01 * x, x)"),
    ),
    _bug(
        "relu_is_absolute_value",
        ("relu", *_NET),
        "The ReLU turns negative inputs into positive ones instead of into 0.",
        "Compare the graphs of |x| and max(0, x) on the left side.",
        ("return np.maximum(0, x)", "return np.abs(x)"),
    ),
    _bug(
        "relu_keeps_the_negative",
        ("relu", *_NET),
        "The ReLU keeps what is negative and cuts off what is positive.",
        "Which is it, the larger or the smaller of the two numbers?",
        ("return np.maximum(0, x)", "return np.minimum(0, x)"),
    ),
    _bug(
        "relu_returns_mask",
        ("relu", *_NET),
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
        ("return np.where(self.mask, dout, np.zeros_like(dout))", "return dout.copy()"),
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
        ("return np.where(self.mask, dout, np.zeros_like(dout))", "return np.maximum(dout, 0)"),
    ),
    _bug(
        "relu_gradient_without_dout",
        ("relu", "gradients"),
        "ReLU.backward returns its own derivative; the upstream gradient is missing from the product.",
        "The chain rule has two factors: which of them is dout?",
        (
            "return np.where(self.mask, dout, np.zeros_like(dout))",
            "return np.where(self.mask, np.ones_like(dout), np.zeros_like(dout))",
        ),
    ),
    _bug(
        "relu_gradient_becomes_float",
        ("relu",),
        "ReLU.backward turns integers into floating-point numbers.",
        "What dtype has the product of an integer array and an array of floats?",
        (
            "return np.where(self.mask, dout, np.zeros_like(dout))",
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
        ("affine", *_NET),
        "Affine.forward does not add the bias.",
        "Biases start at 0, so a fresh net does not show it: try a layer whose b is not 0.",
        ("return x @ self.W + self.b", "return x @ self.W"),
    ),
    _bug(
        "affine_bias_subtracted",
        ("affine", *_NET),
        "Affine.forward subtracts the bias.",
        "Read the formula of the layer aloud, signs included.",
        ("return x @ self.W + self.b", "return x @ self.W - self.b"),
    ),
    _bug(
        "affine_bias_averaged",
        ("affine", *_NET),
        "Affine.forward adds the mean of all biases to every entry.",
        "Which entry of b belongs to which column of the output?",
        ("return x @ self.W + self.b", "return x @ self.W + self.b.mean()"),
    ),
    _bug(
        "affine_with_relu",
        ("affine", *_NET),
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
        ("affine", "gradients", "update_params"),
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
        ("affine", "gradients", "update_params"),
        "Affine.backward stores db with two axes; the contract asks for one.",
        "What does keepdims do, and which shape does the contract ask for?",
        ("self.db = dout.sum(axis=0)", "self.db = dout.sum(axis=0, keepdims=True)"),
    ),
    _bug(
        "db_not_summed",
        ("affine", "gradients", "update_params"),
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

_START = (
    _bug(
        "weight_scale_ignored",
        ("initial_params",),
        "The initial weights are not multiplied by weight_scale.",
        "How large are scores at the start if 3,072 inputs meet weights near 1?",
        ('self.params["W1"] = weight_scale * np', 'self.params["W1"] = np'),
        ('self.params["W2"] = weight_scale * np', 'self.params["W2"] = np'),
    ),
    _bug(
        "uniform_weights",
        ("initial_params",),
        "The initial weights are drawn uniformly between 0 and 1, so all of them are positive.",
        "np.random.rand and np.random.randn differ in one letter: which is the normal distribution?",
        (
            "np.random.randn(input_size, hidden_size)",
            "np.random.rand(input_size, hidden_size)",
        ),
        (
            "np.random.randn(hidden_size, output_size)",
            "np.random.rand(hidden_size, output_size)",
        ),
    ),
    _bug(
        "zero_weights",
        ("initial_params",),
        "The initial weights are all 0, so every hidden unit will for ever do the same, namely nothing.",
        "What could make two hidden units with the same weights differ after a step?",
        ("weight_scale * np.random.randn(input_size, hidden_size)", "np.zeros((input_size, hidden_size))"),
        ("weight_scale * np.random.randn(hidden_size, output_size)", "np.zeros((hidden_size, output_size))"),
    ),
    _bug(
        "W2_drawn_first",
        ("initial_params",),
        "W2 is drawn before W1, so a seed gives another net than the contract says.",
        "In which order do the draws of the contract come?",
        (
            'self.params["W1"] = weight_scale * np.random.randn(input_size, hidden_size)\n',
            "second = weight_scale * np.random.randn(hidden_size, output_size)\n"
            '        self.params["W1"] = weight_scale * np.random.randn(input_size, hidden_size)\n',
        ),
        (
            'self.params["W2"] = weight_scale * np.random.randn(hidden_size, output_size)',
            'self.params["W2"] = second',
        ),
    ),
    _bug(
        "biases_start_at_one",
        ("initial_params",),
        "The biases start at 1 instead of 0.",
        "What does the contract say about the biases of a new net?",
        ("np.zeros(hidden_size)", "np.ones(hidden_size)"),
        ("np.zeros(output_size)", "np.ones(output_size)"),
    ),
    _bug(
        "no_relu_between",
        _NET,
        "The net has no ReLU between its two affine layers.",
        "What are two affine layers in a row without anything between them?",
        ('self.layers["ReLU"] = ReLU()\n', "pass\n"),
    ),
    _bug(
        "sigmoid_between",
        _NET,
        "The net has a Sigmoid between its affine layers; the contract asks for a ReLU.",
        "Which three layers does the contract of the class list?",
        ('self.layers["ReLU"] = ReLU()', 'self.layers["ReLU"] = Sigmoid()'),
    ),
    _bug(
        "relu_at_the_end",
        _NET,
        "The ReLU stands behind the second affine layer instead of before it.",
        "An OrderedDict keeps the order in which entries are added: in which order are yours?",
        (
            '        self.layers["ReLU"] = ReLU()\n        self.layers["Affine2"] = '
            'Affine(self.params["W2"], self.params["b2"])\n',
            '        self.layers["Affine2"] = Affine(self.params["W2"], self.params["b2"])\n'
            '        self.layers["ReLU"] = ReLU()\n',
        ),
    ),
)

_PREDICT_AND_LOSS = (
    _bug(
        "stale_parameters",
        _NET,
        "predict uses the arrays that the layers got at the start, not those that stand in params now.",
        "There is a method that hands the current params over to the layers: who calls it, and when?",
        ("        self._hand_over_params()\n        for layer in", "        for layer in"),
    ),
    _bug(
        "last_layer_forgotten",
        _ALL_OF_THE_NET,
        "predict stops before the last layer and returns the hidden values.",
        "How many columns should the scores have?",
        ("for layer in self.layers.values():", "for layer in list(self.layers.values())[:-1]:"),
    ),
    _bug(
        "every_layer_gets_the_input",
        _ALL_OF_THE_NET,
        "predict gives the input of the net to every layer instead of the output of the layer before.",
        "Which array does the second layer work on?",
        (
            "            x = layer.forward(x)\n        return x",
            "            out = layer.forward(x)\n        return out",
        ),
    ),
    _bug(
        "predict_returns_probabilities",
        _NET,
        "predict returns softmax probabilities instead of scores.",
        "Where does the softmax of this net live?",
        (
            "            x = layer.forward(x)\n        return x",
            "            x = layer.forward(x)\n        return softmax(x)",
        ),
    ),
    _bug(
        "predict_returns_labels",
        _ALL_OF_THE_NET,
        "predict returns the chosen classes; in this net it returns the scores.",
        "Read the contract of predict: which shape does it ask for?",
        (
            "            x = layer.forward(x)\n        return x",
            "            x = layer.forward(x)\n        return x.argmax(axis=1)",
        ),
    ),
    _bug(
        "penalty_without_half",
        ("loss",),
        "The L2 penalty lacks its factor one half.",
        "The gradient of the penalty shall be regularization * W: what must the penalty be for that?",
        ("data_loss + 0.5 * self.regularization", "data_loss + self.regularization"),
    ),
    _bug(
        "penalty_first_layer_only",
        ("loss",),
        "Only W1 is penalized; W2 is left out.",
        "How many weight matrices has this net?",
        (
            'self.params[name] ** 2)) for name in ("W1", "W2"))',
            'self.params[name] ** 2)) for name in ("W1",))',
        ),
    ),
    _bug(
        "penalty_on_biases",
        ("loss",),
        "The L2 penalty includes the biases.",
        "The contract says which arrays are penalized.",
        (
            'self.params[name] ** 2)) for name in ("W1", "W2"))',
            "self.params[name] ** 2)) for name in self.params)",
        ),
    ),
    _bug(
        "penalty_missing",
        ("loss",),
        "The loss does not contain the L2 penalty at all.",
        "What does the loss do when regularization grows and nothing else changes?",
        ("return data_loss + 0.5 * self.regularization * squares", "return data_loss"),
    ),
    _bug(
        "penalty_of_means",
        ("loss",),
        "The L2 penalty takes the mean of the squared weights instead of their sum.",
        "Should the penalty of a net depend on how many weights share the load?",
        ("float(np.sum(self.params[name] ** 2))", "float(np.mean(self.params[name] ** 2))"),
    ),
)

_ACCURACY = (
    _bug(
        "accuracy_compares_rows",
        ("accuracy",),
        "accuracy looks for the best row of each class instead of the best class of each row.",
        "Which axis of the scores holds the classes?",
        (
            "np.argmax(self.predict(x), axis=1) == np.argmax(t, axis=1)",
            "np.argmax(self.predict(x), axis=0) == np.argmax(t, axis=0)",
        ),
    ),
    _bug(
        "accuracy_of_lowest_score",
        ("accuracy",),
        "accuracy takes the class with the lowest score as the net's answer.",
        "Does a better class have a higher or a lower score?",
        ("np.argmax(self.predict(x), axis=1)", "np.argmin(self.predict(x), axis=1)"),
    ),
    _bug(
        "accuracy_counts",
        ("accuracy",),
        "accuracy returns the number of right rows instead of their fraction.",
        "Which number should come out if every row is right?",
        ("return float(np.mean(np.argmax(", "return float(np.sum(np.argmax("),
    ),
    _bug(
        "accuracy_in_percent",
        ("accuracy",),
        "accuracy returns percent; the contract asks for a fraction from 0 to 1.",
        "Which number should come out if every row is right?",
        ("return float(np.mean(np.argmax(", "return 100 * float(np.mean(np.argmax("),
    ),
    _bug(
        "accuracy_is_error",
        ("accuracy",),
        "accuracy returns the fraction of wrong rows.",
        "Which number should come out if every row is right?",
        (
            "np.argmax(self.predict(x), axis=1) == np.argmax",
            "np.argmax(self.predict(x), axis=1) != np.argmax",
        ),
    ),
)

_GRADIENT = (
    _bug(
        "gradient_penalty_first_layer_only",
        ("gradients",),
        "Only the gradient of W1 contains the term of the penalty; that of W2 does not.",
        "How many weight matrices does the loss penalize?",
        (
            "affine.dW + self.regularization * affine.W",
            "affine.dW + (self.regularization * affine.W if i == 1 else 0)",
        ),
    ),
    _bug(
        "gradient_without_penalty",
        ("gradients",),
        "The gradients of the weights lack the term of the L2 penalty.",
        "The loss has two terms; each contributes to the gradient of W1 and W2.",
        ("affine.dW + self.regularization * affine.W", "affine.dW"),
    ),
    _bug(
        "gradient_penalty_doubled",
        ("gradients",),
        "The penalty's term in the weight gradients is twice as large as it should be.",
        "Differentiate one half of regularization times W squared.",
        ("affine.dW + self.regularization * affine.W", "affine.dW + 2 * self.regularization * affine.W"),
    ),
    _bug(
        "penalty_on_bias_gradients",
        ("gradients",),
        "The bias gradients contain regularization * b, but biases are not penalized.",
        "Which arrays does the penalty of the loss contain?",
        ('grads[f"b{i}"] = affine.db', 'grads[f"b{i}"] = affine.db + self.regularization * affine.b'),
    ),
    _bug(
        "backward_starts_with_ones",
        ("gradients",),
        "The backward pass starts with ones instead of the output layer's gradient.",
        "What does the last layer in front of the loss get as its upstream gradient?",
        ("dout = self.output_layer.backward()", "dout = np.ones_like(self.output_layer.probabilities)"),
    ),
    _bug(
        "gradients_not_stored",
        ("update_params",),
        "gradient does not store what it returns, so update_params has nothing to take a step with.",
        "What does the contract say about grads besides the returned dict?",
        ("        self.grads = grads\n        return grads", "        return grads"),
    ),
)

_NUMERICAL = (
    _bug(
        "difference_on_one_side",
        ("numerical_gradient",),
        "numerical_gradient takes the difference to one side only, which is far less exact.",
        "Where does the error of a difference quotient go when you step to both sides?",
        (
            "eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
            "_one_sided(lambda: self.loss(x, t), array, 1e-4)",
        ),
        (
            "def _require_forward(",
            "def _one_sided(f, array, h):\n"
            "    result, start = np.zeros_like(array), f()\n"
            "    for index in np.ndindex(array.shape):\n"
            "        array[index] += h\n"
            "        result[index] = (f() - start) / h\n"
            "        array[index] -= h\n"
            "    return result\n\n\n"
            "def _require_forward(",
        ),
    ),
    _bug(
        "difference_not_halved",
        ("numerical_gradient",),
        "numerical_gradient divides by h, although the two points lie 2h apart.",
        "How far apart are the two places where the loss is measured?",
        (
            "eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
            "2 * eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
        ),
    ),
    _bug(
        "differences_without_penalty",
        ("numerical_gradient",),
        "numerical_gradient measures the output layer's loss, without the penalty.",
        "Of which function should it be the gradient?",
        (
            "eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
            "eval_numerical_gradient(\n"
            "                lambda _: self.output_layer.forward(self.predict(x), t), array, verbose=False\n"
            "            )",
        ),
    ),
    _bug(
        "differences_of_weights_only",
        ("numerical_gradient",),
        "numerical_gradient leaves out the biases.",
        "How many entries has params?",
        (
            "for name, array in self.params.items()\n        }",
            'for name, array in self.params.items() if name[0] == "W"\n        }',
        ),
    ),
    _bug(
        "differences_on_a_copy",
        ("numerical_gradient",),
        "numerical_gradient nudges a copy of each array, which the loss never sees.",
        "Does the loss read the array that you change?",
        (
            "eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
            "eval_numerical_gradient(lambda _: self.loss(x, t), array.copy(), verbose=False)",
        ),
    ),
    _bug(
        "parameters_left_nudged",
        ("numerical_gradient",),
        "numerical_gradient does not put the parameters back to where they were.",
        "What should the net do after a gradient check that it did not do before?",
        (
            "eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)",
            "_without_putting_back(lambda: self.loss(x, t), array, 1e-5)",
        ),
        (
            "def _require_forward(",
            "def _without_putting_back(f, array, h):\n"
            "    result = np.zeros_like(array)\n"
            "    for index in np.ndindex(array.shape):\n"
            "        array[index] += h\n"
            "        above = f()\n"
            "        array[index] -= 2 * h\n"
            "        result[index] = (above - f()) / (2 * h)\n"
            "    return result\n\n\n"
            "def _require_forward(",
        ),
    ),
    _bug(
        "differences_stored_as_gradients",
        ("numerical_gradient",),
        "numerical_gradient overwrites the gradients that gradient has stored.",
        "Which of the two methods does update_params rely on?",
        (
            "        return {\n            name: eval_numerical_gradient(",
            "        self.grads = {\n            name: eval_numerical_gradient(",
        ),
        (
            "for name, array in self.params.items()\n        }\n",
            "for name, array in self.params.items()\n        }\n        return self.grads\n",
        ),
    ),
)

_UPDATE = (
    _bug(
        "gradient_ascent",
        ("update_params",),
        "The step goes along the gradient, uphill.",
        "In which direction does the loss fall?",
        ("self.params[name] -= learning_rate * grad", "self.params[name] += learning_rate * grad"),
    ),
    _bug(
        "step_ignores_learning_rate",
        ("update_params",),
        "The step subtracts the whole gradient; the learning rate is not used.",
        "By how much should parameters change when the learning rate is halved?",
        ("self.params[name] -= learning_rate * grad", "self.params[name] -= grad"),
    ),
    _bug(
        "biases_not_updated",
        ("update_params",),
        "Only the weights take the step; the biases stay where they are.",
        "Which of the four arrays does the step change?",
        (
            "self.params[name] -= learning_rate * grad",
            'self.params[name] -= learning_rate * grad * (name[0] == "W")',
        ),
    ),
    _bug(
        "step_on_a_copy",
        ("update_params",),
        "The step changes a new array and leaves the one in params as it was.",
        "After `w = w - step`, which array does params hold?",
        (
            "            self.params[name] -= learning_rate * grad\n",
            "            param = self.params[name]\n            param = param - learning_rate * grad\n",
        ),
    ),
    _bug(
        "params_become_the_step",
        ("update_params",),
        "The parameters are replaced by the step instead of moved by it.",
        "Where do the old parameters come in?",
        ("self.params[name] -= learning_rate * grad", "self.params[name] = -learning_rate * grad"),
    ),
)

BUGS = (
    *_OUTPUT_LAYER,
    *_RELU,
    *_SIGMOID,
    *_AFFINE,
    *_START,
    *_PREDICT_AND_LOSS,
    *_ACCURACY,
    *_GRADIENT,
    *_NUMERICAL,
    *_UPDATE,
)
