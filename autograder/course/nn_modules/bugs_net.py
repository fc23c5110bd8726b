"""Mistakes that classes make in the net made of layers as objects."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

from .bugs_layers import SPOILED

_bug = bugs_in("nn_modules", "modules.py")

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
        "layer_under_another_name",
        ("initial_params",),
        "The layer between the affine ones stands in layers under another name.",
        "The contract names the three layers of the net. What is the second one called in yours?",
        ('self.layers["ReLU"]', 'self.layers["ReLU1"]'),
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
        ("initial_params", *SPOILED),
        "The net has no ReLU between its two affine layers.",
        "What are two affine layers in a row without anything between them?",
        ('self.layers["ReLU"] = ReLU()\n', "pass\n"),
    ),
    _bug(
        "sigmoid_between",
        SPOILED,
        "The net has a Sigmoid between its affine layers; the contract asks for a ReLU.",
        "Which three layers does the contract of the class list?",
        ('self.layers["ReLU"] = ReLU()', 'self.layers["ReLU"] = Sigmoid()'),
    ),
    _bug(
        "relu_at_the_end",
        ("initial_params", *SPOILED),
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
        ("scores",),
        "predict uses the arrays that the layers got at the start, not those that stand in params now.",
        "There is a method that hands the current params over to the layers: who calls it, and when?",
        ("        self._hand_over_params()\n        for layer in", "        for layer in"),
    ),
    _bug(
        "last_layer_forgotten",
        ("scores",),
        "predict stops before the last layer and returns the hidden values.",
        "How many columns should the scores have?",
        ("for layer in self.layers.values():", "for layer in list(self.layers.values())[:-1]:"),
    ),
    _bug(
        "every_layer_gets_the_input",
        ("scores",),
        "predict gives the input of the net to every layer instead of the output of the layer before.",
        "Which array does the second layer work on?",
        (
            "            x = layer.forward(x)\n        return x",
            "            out = layer.forward(x)\n        return out",
        ),
    ),
    _bug(
        "predict_returns_probabilities",
        ("scores",),
        "predict returns softmax probabilities instead of scores.",
        "Where does the softmax of this net live?",
        (
            "            x = layer.forward(x)\n        return x",
            "            x = layer.forward(x)\n        return softmax(x)",
        ),
    ),
    _bug(
        "predict_returns_labels",
        ("scores",),
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
            "class TwoLayerNet:",
            "def _one_sided(f, array, h):\n"
            "    result, start = np.zeros_like(array), f()\n"
            "    for index in np.ndindex(array.shape):\n"
            "        array[index] += h\n"
            "        result[index] = (f() - start) / h\n"
            "        array[index] -= h\n"
            "    return result\n\n\n"
            "class TwoLayerNet:",
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
            "class TwoLayerNet:",
            "def _without_putting_back(f, array, h):\n"
            "    result = np.zeros_like(array)\n"
            "    for index in np.ndindex(array.shape):\n"
            "        array[index] += h\n"
            "        above = f()\n"
            "        array[index] -= 2 * h\n"
            "        result[index] = (above - f()) / (2 * h)\n"
            "    return result\n\n\n"
            "class TwoLayerNet:",
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

BUGS = (*_START, *_PREDICT_AND_LOSS, *_ACCURACY, *_GRADIENT, *_NUMERICAL, *_UPDATE)
