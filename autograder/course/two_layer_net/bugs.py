"""Mistakes that classes make in the two-layer net."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_bug = bugs_in("two_layer_net", "neural_net.py")

BUGS = (
    _bug(
        "hidden_without_bias",
        ("scores", "loss", "gradients", "prediction"),
        "The bias of the hidden layer, b1, is never added.",
        "Which four arrays of params does the first line of the forward pass need?",
        ("np.maximum(0, X @ W1.T + b1)", "np.maximum(0, X @ W1.T)"),
    ),
    _bug(
        "scores_without_bias",
        ("scores", "loss", "gradients", "prediction"),
        "The bias of the output layer, b2, is never added.",
        "Biases start at 0, so a fresh net does not show it: try one whose b2 is not 0.",
        ("scores = hidden @ W2.T + b2", "scores = hidden @ W2.T"),
    ),
    _bug(
        "no_relu",
        ("scores", "loss", "gradients", "prediction"),
        "The hidden layer is linear: the ReLU between the two affine layers is missing.",
        "What are two affine layers in a row without anything between them?",
        ("hidden = np.maximum(0, X @ W1.T + b1)", "hidden = X @ W1.T + b1"),
    ),
    _bug(
        "relu_on_scores",
        ("scores", "loss", "gradients", "prediction"),
        "The ReLU is applied to the scores as well.",
        "A score may be negative: where does the architecture put the nonlinearity?",
        ("scores = hidden @ W2.T + b2", "scores = np.maximum(0, hidden @ W2.T + b2)"),
    ),
    _bug(
        "probabilities_as_scores",
        ("scores", "loss", "gradients"),
        "Without labels, loss returns softmax probabilities instead of scores.",
        "Softmax belongs to the loss; what does the contract of loss(X) ask for?",
        (
            "scores = hidden @ W2.T + b2",
            "scores = hidden @ W2.T + b2\n"
            "        scores = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
            "        scores = scores / scores.sum(axis=1, keepdims=True)",
        ),
    ),
    _bug(
        "loss_summed",
        ("loss",),
        "The loss is summed over the rows, not averaged.",
        "Would the loss of a batch written down twice be twice as large?",
        ("y].mean()", "y].sum()"),
    ),
    _bug(
        "loss_sign",
        ("loss",),
        "The logarithm is taken without the minus sign, so a better net has a larger loss.",
        "A probability lies between 0 and 1: which sign has its logarithm, and which should a loss have?",
        ("data_loss = -log_probabilities", "data_loss = log_probabilities"),
    ),
    _bug(
        "softmax_without_shift",
        ("loss", "gradients"),
        "The exponentials are taken of the raw scores and overflow when scores are large.",
        "Softmax does not change when the same number is subtracted from a whole row. Which number helps?",
        (
            "shifted = scores - scores.max(axis=1, keepdims=True)",
            "shifted = scores",
        ),
    ),
    _bug(
        "softmax_over_columns",
        ("loss", "gradients"),
        "Softmax is normalized over the rows of the batch instead of over the classes.",
        "Which axis holds the classes of one row, and which numbers must sum to 1?",
        ("np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted).sum(axis=0, keepdims=True)"),
    ),
    _bug(
        "penalty_without_half",
        ("loss",),
        "The L2 penalty lacks its factor 0.5.",
        "The gradient of the penalty shall be reg * W: what must the penalty be for that?",
        ("penalty = 0.5 * reg", "penalty = reg"),
    ),
    _bug(
        "penalty_first_layer_only",
        ("loss",),
        "Only W1 is penalized; W2 is left out.",
        "How many weight matrices has this net?",
        (
            '((self.params["W1"] ** 2).sum() + (self.params["W2"] ** 2).sum())',
            '(self.params["W1"] ** 2).sum()',
        ),
    ),
    _bug(
        "penalty_on_biases",
        ("loss",),
        "The L2 penalty includes the biases.",
        "The contract says which arrays are penalized.",
        (
            '(self.params["W2"] ** 2).sum())',
            '(self.params["W2"] ** 2).sum() + (self.params["b1"] ** 2).sum()'
            ' + (self.params["b2"] ** 2).sum())',
        ),
    ),
    _bug(
        "penalty_missing",
        ("loss",),
        "The loss does not contain the L2 penalty at all.",
        "What does the loss do when reg grows and nothing else changes?",
        ("return float(data_loss + penalty)", "return float(data_loss)"),
    ),
    _bug(
        "gradient_not_averaged",
        ("gradients",),
        "The gradient of the data loss is summed over the rows, but the loss is their mean.",
        "Where does the 1/N of the loss go when it is differentiated?",
        ("        dscores /= num_rows\n", ""),
    ),
    _bug(
        "gradient_without_label",
        ("gradients",),
        "The gradient with respect to the scores is the probabilities, without 1 taken from the right class.",
        "Differentiate -log of the right class's probability: the right class gets a term of its own.",
        ("        dscores[np.arange(num_rows), y] -= 1\n", ""),
    ),
    _bug(
        "gradient_ignores_relu",
        ("gradients",),
        "The gradient goes through the ReLU as if it were not there.",
        "By how much does the output of the ReLU change when its input is negative and moves a little?",
        ("dpre_activation = np.where(hidden > 0, dhidden, 0)", "dpre_activation = dhidden"),
    ),
    _bug(
        "gradient_through_relu_at_zero",
        ("gradients",),
        "The ReLU lets the gradient through where its input is exactly 0.",
        "Compare >= with >, and read the contract for an input of exactly 0.",
        (
            "np.where(hidden > 0, dhidden, 0)",
            'np.where(X @ self.params["W1"].T + self.params["b1"] >= 0, dhidden, 0)',
        ),
    ),
    _bug(
        "gradient_mask_of_itself",
        ("gradients",),
        "The ReLU's gradient is cut off where the gradient is negative, not where the ReLU's input was.",
        "Which array decides whether a hidden unit was on?",
        ("np.where(hidden > 0, dhidden, 0)", "np.maximum(dhidden, 0)"),
    ),
    _bug(
        "gradient_without_penalty",
        ("gradients",),
        "The gradients of the weights lack the term of the L2 penalty.",
        "The loss has two terms; each contributes to the gradient of W1 and W2.",
        ('dpre_activation.T @ X + reg * self.params["W1"]', "dpre_activation.T @ X"),
        ('dscores.T @ hidden + reg * self.params["W2"]', "dscores.T @ hidden"),
    ),
    _bug(
        "gradient_penalty_doubled",
        ("gradients",),
        "The penalty's term in the weight gradients is 2 * reg * W, as if the penalty had no factor 0.5.",
        "Differentiate 0.5 * reg * W**2.",
        ("dpre_activation.T @ X + reg *", "dpre_activation.T @ X + 2 * reg *"),
        ("dscores.T @ hidden + reg *", "dscores.T @ hidden + 2 * reg *"),
    ),
    _bug(
        "bias_gradient_averaged_twice",
        ("gradients",),
        "The bias gradients are averaged over the rows although the 1/N is already in the upstream gradient.",
        "A bias is added to every row: is its gradient a sum or a mean of the rows' upstream gradients?",
        ("dpre_activation.sum(axis=0)", "dpre_activation.mean(axis=0)"),
        ("dscores.sum(axis=0)", "dscores.mean(axis=0)"),
    ),
    _bug(
        "penalty_on_bias_gradients",
        ("gradients",),
        "The bias gradients contain reg * b, but biases are not penalized.",
        "Which arrays does the penalty of the loss contain?",
        ("dpre_activation.sum(axis=0)", 'dpre_activation.sum(axis=0) + reg * self.params["b1"]'),
        ("dscores.sum(axis=0)", 'dscores.sum(axis=0) + reg * self.params["b2"]'),
    ),
    _bug(
        "batch_without_replacement",
        ("training_step", "training_history"),
        "The minibatch is drawn without replacement.",
        "The contract says how the rows are drawn; what is the default of np.random.choice?",
        (
            "np.random.choice(num_rows, min(num_rows, batch_size))",
            "np.random.choice(num_rows, min(num_rows, batch_size), replace=False)",
        ),
    ),
    _bug(
        "first_rows_as_batch",
        ("training_step", "training_history"),
        "Every minibatch consists of the same first rows.",
        "Stochastic gradient descent lives from drawing rows at random.",
        (
            "rows = np.random.choice(num_rows, min(num_rows, batch_size))",
            "rows = np.arange(min(num_rows, batch_size))",
        ),
    ),
    _bug(
        "labels_of_other_rows",
        ("training_step", "training_history"),
        "The labels of a minibatch do not belong to its rows.",
        "Index X and y with the same row numbers.",
        ("return X[rows], y[rows]", "return X[rows], y[: len(rows)]"),
    ),
    _bug(
        "gradient_ascent",
        ("training_step", "training_history"),
        "The step goes along the gradient, uphill.",
        "In which direction does the loss fall?",
        ("self.params[name] - learning_rate * gradient", "self.params[name] + learning_rate * gradient"),
    ),
    _bug(
        "biases_not_updated",
        ("training_step", "training_history"),
        "Only the weight matrices are updated; the biases stay where they started.",
        "Which of the four arrays does the step change?",
        (
            "        for name, gradient in grads.items():\n            self.params[name]",
            '        for name, gradient in grads.items():\n            if name.startswith("b"):\n'
            "                continue\n            self.params[name]",
        ),
    ),
    _bug(
        "step_ignores_learning_rate",
        ("training_step", "training_history"),
        "The step subtracts the whole gradient; the learning rate is not used.",
        "By how much should parameters change when the learning rate is halved?",
        ("- learning_rate * gradient", "- gradient"),
    ),
    _bug(
        "predicts_lowest_score",
        ("prediction",),
        "predict returns the class with the lowest score.",
        "Does a better class have a higher or a lower score?",
        ("argmax(axis=1)", "argmin(axis=1)"),
    ),
    _bug(
        "predicts_rows",
        ("prediction",),
        "predict looks for the best row of each class instead of the best class of each row.",
        "Which axis of the scores holds the classes?",
        ("argmax(axis=1)", "argmax(axis=0)"),
    ),
    _bug(
        "predicts_scores",
        ("prediction",),
        "predict returns the highest score itself instead of its class.",
        "max and argmax answer different questions.",
        ("argmax(axis=1)", "max(axis=1)"),
    ),
)
