"""Mistakes that classes make in the convolutional net."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_FORWARD = ("convnet_scores", "convnet_gradients")  # the loss is judged by the student's own scores
_ALL = ("convnet_scores", "convnet_loss", "convnet_gradients")

_DRAW_W1 = (
    'self.params["W1"] = weight_scale * np.random.randn(num_filters, channels, filter_size, filter_size)'
)
_DRAW_W2 = 'self.params["W2"] = weight_scale * np.random.randn(pooled_size, hidden_dim)'
_DRAW_W3 = 'self.params["W3"] = weight_scale * np.random.randn(hidden_dim, num_classes)'
_POOLED_SIZE = "pooled_size = num_filters * (height // 2) * (width // 2)"
_CONV = "pooled, conv_cache = conv_relu_pool_forward(X, W1, b1, self.conv_param, self.pool_param)"
_HIDDEN = "hidden, hidden_cache = affine_relu_forward(pooled, W2, b2)"
_SCORES = "scores, scores_cache = affine_forward(hidden, W3, b3)"
_PENALTY = "loss += 0.5 * self.reg * float(np.sum(self.params[name] ** 2))"
_PENALTY_GRADIENT = "grads[name] += self.reg * self.params[name]"
_SOFTMAX = "loss, dout = softmax_loss(scores, y)"
_BACK_3 = 'dout, grads["W3"], grads["b3"] = affine_backward(dout, scores_cache)'
_BACK_2 = 'dout, grads["W2"], grads["b2"] = affine_relu_backward(dout, hidden_cache)'

_bug = bugs_in("cnn", "cnn.py")

_INITIAL = (
    _bug(
        "weight_scale_ignored",
        ("initial_params",),
        "The weights have a standard deviation of 1e-3 whatever weight_scale is.",
        "Which argument of the constructor should decide how large the weights are?",
        *((line, line.replace("weight_scale", "1e-3")) for line in (_DRAW_W1, _DRAW_W2, _DRAW_W3)),
    ),
    _bug(
        "weights_not_scaled",
        ("initial_params",),
        "The weights are drawn with a standard deviation of 1, without weight_scale.",
        "How large are the scores of a new net? With 10 classes its loss should be near log 10.",
        *((line, line.replace("weight_scale * ", "")) for line in (_DRAW_W1, _DRAW_W2, _DRAW_W3)),
    ),
    _bug(
        "weights_drawn_in_another_order",
        ("initial_params",),
        "W2 is drawn before W1, so a seed gives other weights.",
        "The docstring names the order of the draws.",
        (
            f'{_DRAW_W1}\n        self.params["b1"] = np.zeros(num_filters)\n        {_DRAW_W2}',
            f'{_DRAW_W2}\n        self.params["b1"] = np.zeros(num_filters)\n        {_DRAW_W1}',
        ),
    ),
    _bug(
        "pooling_forgotten_in_the_size",
        ("initial_params",),
        "W2 expects images of full size, but the pooling has halved height and width.",
        "How many numbers does one image consist of when it reaches the first affine layer?",
        (_POOLED_SIZE, "pooled_size = num_filters * height * width"),
    ),
    _bug(
        "filters_forgotten_in_the_size",
        ("initial_params",),
        "The number of rows of W2 does not count the filters.",
        "The convolution gives one picture for each filter. How many numbers is that after pooling?",
        (_POOLED_SIZE, "pooled_size = (height // 2) * (width // 2)"),
    ),
    _bug(
        "odd_sizes_rounded_together",
        ("initial_params",),
        "The number of pooled pixels is height times width divided by 4, which is too much for odd sizes.",
        "A pooling of 2 x 2 makes 2 x 3 of 5 x 7 pixels. What does your formula give?",
        (_POOLED_SIZE, "pooled_size = num_filters * (height * width // 4)"),
    ),
    _bug(
        "three_channels_assumed",
        ("initial_params",),
        "The filters always have three channels, whatever input_dim says.",
        "What if the images are grey?",
        (_DRAW_W1, _DRAW_W1.replace("channels", "3")),
    ),
    _bug(
        "biases_drawn",
        ("initial_params",),
        "The biases are drawn at random, which also shifts all later draws.",
        "What should biases start at?",
        (
            'self.params["b2"] = np.zeros(hidden_dim)',
            'self.params["b2"] = weight_scale * np.random.randn(hidden_dim)',
        ),
    ),
)

_SCORES_BUGS = (
    _bug(
        "relu_of_the_hidden_layer_forgotten",
        _FORWARD,
        "There is no ReLU between the two affine layers, so they are no more than one.",
        "Which of the sandwich layers holds an affine layer and a ReLU?",
        (_HIDDEN, _HIDDEN.replace("affine_relu_forward", "affine_forward")),
        (_BACK_2, _BACK_2.replace("affine_relu_backward", "affine_backward")),
    ),
    _bug(
        "pooling_forgotten",
        _ALL,
        "The images are not pooled, so they do not fit W2.",
        "There are two sandwich layers that begin with a convolution. Which one halves the images?",
        ("    affine_relu_forward,\n", "    affine_relu_forward,\n    conv_relu_forward,\n"),
        (
            _CONV,
            "pooled, conv_cache = conv_relu_forward(X, W1, b1, self.conv_param)",
        ),
    ),
    _bug(
        "last_bias_forgotten",
        _FORWARD,
        "The last affine layer is computed without b3.",
        "Which of the six parameters do your scores not depend on?",
        (_SCORES, _SCORES.replace("b3)", "0 * b3)")),
    ),
    _bug(
        "first_bias_forgotten",
        _FORWARD,
        "The convolution is computed without b1.",
        "Which of the six parameters do your scores not depend on?",
        (_CONV, _CONV.replace("b1,", "0 * b1,")),
    ),
    _bug(
        "W2_and_W3_exchanged",
        _ALL,
        "The hidden layer uses W3 and the output layer W2.",
        "Write the shape of each array beside the line that uses it.",
        ('W2, b2 = self.params["W2"]', 'W2, b2 = self.params["W3"]'),
        ('W3, b3 = self.params["W3"]', 'W3, b3 = self.params["W2"]'),
    ),
    _bug(
        "probabilities_instead_of_scores",
        ("convnet_scores", "convnet_loss"),
        "Without labels loss returns probabilities instead of scores.",
        "Which function expects scores and makes probabilities of them? What if it gets probabilities?",
        (
            "            return scores\n",
            "            shifted = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
            "            return shifted / shifted.sum(axis=1, keepdims=True)\n",
        ),
    ),
    _bug(
        "classes_instead_of_scores",
        ("convnet_scores", "convnet_loss"),
        "Without labels loss returns the chosen classes instead of the scores.",
        "How many numbers for each image does the docstring promise?",
        ("            return scores\n", "            return np.argmax(scores, axis=1)\n"),
    ),
    _bug(
        "images_cast_to_the_dtype_of_the_net",
        ("convnet_scores",),
        "The images are cast to the dtype of the parameters, which costs digits if they are float64.",
        "The docstring says how X is used.",
        (_CONV, _CONV.replace("(X,", "(X.astype(self.dtype),")),
    ),
)

_LOSS = (
    _bug(
        "penalty_forgotten",
        ("convnet_loss",),
        "The loss does not contain the penalty.",
        "Set reg to 1000: does your loss notice?",
        (_PENALTY, "loss += 0.0"),
    ),
    _bug(
        "penalty_without_half",
        ("convnet_loss",),
        "The penalty is reg times the sum of squares: the factor 1/2 is missing.",
        "Differentiate your penalty. Is the result what you add to the gradient?",
        (_PENALTY, _PENALTY.replace("0.5 * ", "")),
    ),
    _bug(
        "penalty_of_absolute_values",
        ("convnet_loss",),
        "The penalty adds up absolute values instead of squares.",
        "Which norm does L2 stand for?",
        (_PENALTY, _PENALTY.replace("self.params[name] ** 2", "np.abs(self.params[name])")),
    ),
    _bug(
        "penalty_of_biases_too",
        ("convnet_loss", "convnet_gradients"),
        "The biases are penalized as well.",
        "Over which arrays does the sum in the docstring run?",
        ('for name in ("W1", "W2", "W3"):', "for name in self.params:"),
    ),
    _bug(
        "penalty_of_the_filters_forgotten",
        ("convnet_loss", "convnet_gradients"),
        "The filters W1 are not penalized.",
        "Which of your arrays are weights?",
        ('for name in ("W1", "W2", "W3"):', 'for name in ("W2", "W3"):'),
    ),
    _bug(
        "loss_summed_over_the_batch",
        ("convnet_loss",),
        "The loss is the sum over the images instead of the mean.",
        "Would the loss of a batch that holds every image twice be twice as large?",
        (_SOFTMAX, _SOFTMAX + "\n        loss = loss * len(X)"),
    ),
    _bug(
        "penalty_divided_by_the_batch",
        ("convnet_loss",),
        "The penalty is divided by the number of images.",
        "Does the size of the weights depend on how many images are in the batch?",
        (_PENALTY, _PENALTY + " / len(X)"),
    ),
)

_GRADIENTS = (
    _bug(
        "gradient_without_penalty",
        ("convnet_gradients",),
        "The gradients do not contain the penalty's share.",
        "The loss has two terms. What is the derivative of the second one?",
        (_PENALTY_GRADIENT, "grads[name] += 0.0"),
    ),
    _bug(
        "gradient_with_half_the_penalty",
        ("convnet_gradients",),
        "The penalty's share of the gradients carries the factor 1/2.",
        "Differentiate 1/2 w ** 2.",
        (_PENALTY_GRADIENT, _PENALTY_GRADIENT.replace("self.reg", "0.5 * self.reg")),
    ),
    _bug(
        "gradient_with_twice_the_penalty",
        ("convnet_gradients",),
        "The penalty's share of the gradients is twice what it should be.",
        "Differentiate 1/2 w ** 2.",
        (_PENALTY_GRADIENT, _PENALTY_GRADIENT.replace("self.reg", "2 * self.reg")),
    ),
    _bug(
        "gradients_summed_over_the_batch",
        ("convnet_gradients",),
        "The gradients belong to the sum of the losses, but the loss is their mean.",
        "Where does the 1/N of the loss go when it is differentiated?",
        (_SOFTMAX, _SOFTMAX + "\n        dout = dout * len(X)"),
    ),
    _bug(
        "hidden_relu_skipped_backward",
        ("convnet_gradients",),
        "The gradient passes the hidden layer's ReLU as if it were not there.",
        "What was the forward function of this layer, and what is its partner called?",
        (_BACK_2, 'dout, grads["W2"], grads["b2"] = affine_backward(dout, hidden_cache[0])'),
    ),
    _bug(
        "gradient_of_b1_missing",
        ("convnet_gradients",),
        "The dict of gradients lacks the entry b1.",
        "The update rule looks for a gradient under the name of every parameter.",
        ('_, grads["W1"], grads["b1"] = conv', '_, grads["W1"], _ = conv'),
    ),
    _bug(
        "gradients_under_exchanged_names",
        ("convnet_loss", "convnet_gradients"),
        "The gradients of the two affine layers are stored under each other's names.",
        "The backward pass begins with the last layer. Which number does that have?",
        (_BACK_3, _BACK_3.replace("W3", "W2").replace("b3", "b2")),
        (_BACK_2, _BACK_2.replace("W2", "W3").replace("b2", "b3")),
    ),
    _bug(
        "cache_of_another_layer",
        ("convnet_loss", "convnet_gradients"),
        "The convolution's backward pass is given the cache of the hidden layer.",
        "Each backward function takes what its own forward function returned: follow the names of your caches.",
        ("conv_relu_pool_backward(dout, conv_cache", "conv_relu_pool_backward(dout, hidden_cache"),
    ),
)

BUGS = (*_INITIAL, *_SCORES_BUGS, *_LOSS, *_GRADIENTS)
