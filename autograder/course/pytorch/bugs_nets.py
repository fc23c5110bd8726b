"""Mistakes in the ConvNet made of tensors, as a module and as a sequence of layers."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

bug = bugs_in("pytorch", "pytorch.py")

_SCORES = ("barebones_convnet",)
_FIRST = "functional.relu(functional.conv2d(x, conv_w1, conv_b1, padding=2))"
_SECOND = "functional.relu(functional.conv2d(hidden, conv_w2, conv_b2, padding=1))"
_RETURN = "    return flatten(hidden) @ fc_w + fc_b\n"

BAREBONES = (
    bug(
        "tensor_relu_after_first_missing",
        _SCORES,
        "No ReLU follows the first convolution of three_layer_convnet.",
        "What is one convolution after another, with nothing in between?",
        (_FIRST, "functional.conv2d(x, conv_w1, conv_b1, padding=2)"),
    ),
    bug(
        "tensor_relu_after_second_missing",
        _SCORES,
        "No ReLU follows the second convolution of three_layer_convnet.",
        "Count the nonlinearities in the list of layers.",
        (_SECOND, "functional.conv2d(hidden, conv_w2, conv_b2, padding=1)"),
    ),
    bug(
        "tensor_softmax_at_the_end",
        _SCORES,
        "three_layer_convnet ends with a softmax, but scores are asked for.",
        "What does `functional.cross_entropy` do with what it is given?",
        (_RETURN, "    return functional.softmax(flatten(hidden) @ fc_w + fc_b, dim=1)\n"),
    ),
    bug(
        "tensor_log_softmax_at_the_end",
        _SCORES,
        "three_layer_convnet ends with a log-softmax, but scores are asked for.",
        "What does `functional.cross_entropy` do with what it is given?",
        (_RETURN, "    return functional.log_softmax(flatten(hidden) @ fc_w + fc_b, dim=1)\n"),
    ),
    bug(
        "tensor_relu_on_scores",
        _SCORES,
        "A ReLU stands behind the last layer of three_layer_convnet, so no score can be negative.",
        "Which layers does the list name after the affine one?",
        (_RETURN, "    return functional.relu(flatten(hidden) @ fc_w + fc_b)\n"),
    ),
    bug(
        "tensor_fc_bias_missing",
        _SCORES,
        "three_layer_convnet does not add the bias of the affine layer.",
        "Is every one of the six parameters used?",
        (_RETURN, "    return flatten(hidden) @ fc_w\n"),
    ),
    bug(
        "tensor_conv_biases_missing",
        _SCORES,
        "The convolutions of three_layer_convnet get no biases.",
        "Is every one of the six parameters used?",
        ("conv_w1, conv_b1, padding=2", "conv_w1, padding=2"),
        ("conv_w2, conv_b2, padding=1", "conv_w2, padding=1"),
    ),
    bug(
        "tensor_paddings_swapped",
        _SCORES,
        "The paddings are swapped: 1 at the first convolution and 2 at the second.",
        "The size of the result happens to be right. Which padding keeps the size under a filter of 5 × 5?",
        ("conv_b1, padding=2", "conv_b1, padding=1"),
        ("conv_b2, padding=1", "conv_b2, padding=2"),
    ),
    bug(
        "tensor_paddings_missing",
        _SCORES,
        "The convolutions of three_layer_convnet are not padded, so the images shrink.",
        "How large is an image after each convolution, and how many features does fc_w expect?",
        ("conv_b1, padding=2", "conv_b1"),
        ("conv_b2, padding=1", "conv_b2"),
    ),
    bug(
        "tensor_flattens_the_batch",
        _SCORES,
        "three_layer_convnet flattens the batch as well, so that all images become one row.",
        "Which axis must survive when features become rows?",
        (_RETURN, "    return hidden.reshape(-1) @ fc_w + fc_b\n"),
    ),
    bug(
        "tensor_flattens_in_other_order",
        _SCORES,
        "The features are flattened with the channels last, but fc_w takes the channels first.",
        "In which order do the axes (N, C, H, W) stand? Leave them so.",
        (_RETURN, "    return flatten(hidden.permute(0, 2, 3, 1)) @ fc_w + fc_b\n"),
    ),
    bug(
        "tensor_gradient_cut",
        _SCORES,
        "The graph is cut between the convolutions and the affine layer, so the filters get no gradient.",
        "What does `detach` (or `.data`) do to what autograd has noted so far?",
        (_RETURN, "    return flatten(hidden.detach()) @ fc_w + fc_b\n"),
    ),
    bug(
        "tensor_no_grad",
        _SCORES,
        "three_layer_convnet computes its scores where autograd is switched off.",
        "When is `torch.no_grad` useful, and is training such a time?",
        (_RETURN, "    with torch.no_grad():\n        return flatten(hidden) @ fc_w + fc_b\n"),
    ),
    bug(
        "tensor_changes_images",
        _SCORES,
        "three_layer_convnet changes the images it is given.",
        "What does the underscore at the end of a PyTorch method say?",
        (
            "    hidden = functional.relu(functional.conv2d(x,",
            "    hidden = functional.relu(functional.conv2d(x.relu_(),",
        ),
    ),
)

_PARAMS = ("barebones_params",)

PARAMS = (
    bug(
        "params_without_scale",
        _PARAMS,
        "The weights are drawn with standard deviation 1.",
        "There is a function that draws a weight with a spread that fits its fan-in.",
        (
            "random_weight((channel_1, channels, 5, 5))",
            "torch.randn(channel_1, channels, 5, 5).requires_grad_()",
        ),
        (
            "random_weight((channel_2, channel_1, 3, 3))",
            "torch.randn(channel_2, channel_1, 3, 3).requires_grad_()",
        ),
        (
            "random_weight((channel_2 * height * width, num_classes))",
            "torch.randn(channel_2 * height * width, num_classes).requires_grad_()",
        ),
    ),
    bug(
        "params_fc_fan_in_is_classes",
        _PARAMS,
        "The affine weight is drawn for the transposed shape, so its fan-in is the number of classes.",
        "How many numbers flow into one score?",
        (
            "random_weight((channel_2 * height * width, num_classes))",
            "random_weight((num_classes, channel_2 * height * width)).detach().T.requires_grad_()",
        ),
    ),
    bug(
        "params_xavier",
        _PARAMS,
        "The weights are drawn with variance 1 / fan_in, as for a layer without a ReLU.",
        "What does a ReLU do to half of the numbers, and what makes up for it?",
        (
            "    return [\n        random_weight((channel_1",
            "    def random_weight(shape: Sequence[int]) -> Tensor:\n"
            "        weight = _drawn(shape).detach()\n"
            "        return (weight / 2**0.5).requires_grad_()\n\n"
            "    return [\n        random_weight((channel_1",
        ),
        ("Tensor = torch.Tensor\n", "Tensor = torch.Tensor\n_drawn = random_weight\n"),
    ),
    bug(
        "params_biases_random",
        _PARAMS,
        "The biases of the convolutions are drawn at random instead of being 0.",
        "Which of the two helpers is for weights, and which for biases?",
        (
            "zero_weight((channel_1,))",
            "torch.randn(channel_1, requires_grad=True)",
        ),
        (
            "zero_weight((channel_2,))",
            "torch.randn(channel_2, requires_grad=True)",
        ),
    ),
    bug(
        "params_biases_one",
        _PARAMS,
        "The biases are 1 at the start instead of 0.",
        "Look at what `zero_weight` returns.",
        ("zero_weight((num_classes,))", "torch.ones(num_classes, requires_grad=True)"),
    ),
    bug(
        "params_biases_without_grad",
        _PARAMS,
        "The biases do not require a gradient, so training leaves them at 0.",
        "What does `requires_grad` say, and who sets it in the helpers?",
        ("zero_weight((channel_1,))", "torch.zeros(channel_1)"),
        ("zero_weight((channel_2,))", "torch.zeros(channel_2)"),
        ("zero_weight((num_classes,))", "torch.zeros(num_classes)"),
    ),
    bug(
        "params_scaled_after_grad",
        _PARAMS,
        "The affine weight is computed from another tensor that requires a gradient, so it is no leaf.",
        "Whose `grad` does `backward` fill: that of results, or that of leaves?",
        (
            "random_weight((channel_2 * height * width, num_classes))",
            "1.0 * random_weight((channel_2 * height * width, num_classes))",
        ),
    ),
    bug(
        "params_ignore_the_image",
        _PARAMS,
        "Channels and size of the image are fixed at 3 × 32 × 32; the argument is not used.",
        "For which images must fc_w fit?",
        ("    channels, height, width = image\n", "    channels, height, width = 3, 32, 32\n"),
    ),
    bug(
        "params_kernels_swapped",
        _PARAMS,
        "The first filters are 3 × 3 and the second 5 × 5.",
        "Read off the docstring which filters come first.",
        ("random_weight((channel_1, channels, 5, 5))", "random_weight((channel_1, channels, 3, 3))"),
        ("random_weight((channel_2, channel_1, 3, 3))", "random_weight((channel_2, channel_1, 5, 5))"),
    ),
    bug(
        "params_fc_forgets_the_size",
        _PARAMS,
        "The affine weight has one row for each channel, as if an image were one pixel.",
        "How many numbers are left of an image when it is flattened?",
        (
            "random_weight((channel_2 * height * width, num_classes))",
            "random_weight((channel_2, num_classes))",
        ),
    ),
)

_CONV1 = "self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)"
_CONV2 = "self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)"
_FC = "self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)"
_INIT = "            nn.init.kaiming_normal_(layer.weight)\n"
_BOTH = ("module_convnet", "module_params")

MODULE = (
    bug(
        "module_super_forgotten",
        _BOTH,
        "ThreeLayerConvNet does not call super().__init__() first.",
        "Where does nn.Module keep its list of parameters, and who makes that list?",
        (
            "        super().__init__()\n        ### BEGIN SOLUTION pytorch\n        self.conv1",
            "        ### BEGIN SOLUTION pytorch\n        self.conv1",
        ),
    ),
    bug(
        "module_plain_list",
        _BOTH,
        "The layers stand in a plain Python list, in which nn.Module does not look for parameters.",
        "What does `list(net.parameters())` hold? There is an nn.ModuleList.",
        (_CONV1, "conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)"),
        (_CONV2, "conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)"),
        (_FC, "fc = nn.Linear(channel_2 * 32 * 32, num_classes)\n        self.layers = [conv1, conv2, fc]"),
        ("for layer in (self.conv1, self.conv2, self.fc):", "for layer in self.layers:"),
        ("hidden = functional.relu(self.conv1(x))", "hidden = functional.relu(self.layers[0](x))"),
        ("hidden = functional.relu(self.conv2(hidden))", "hidden = functional.relu(self.layers[1](hidden))"),
        ("return self.fc(flatten(hidden))", "return self.layers[2](flatten(hidden))"),
    ),
    bug(
        "module_default_init",
        ("module_params",),
        "The weights are left as PyTorch draws them.",
        "What does the docstring say of the weights, and what does TwoLayerFC do?",
        (_INIT, "            pass\n"),
    ),
    bug(
        "module_fc_default_init",
        ("module_params",),
        "Only the convolutions are drawn anew; the affine layer keeps PyTorch's own start.",
        "How many of the layers have a weight?",
        ("for layer in (self.conv1, self.conv2, self.fc):", "for layer in (self.conv1, self.conv2):"),
    ),
    bug(
        "module_kaiming_uniform",
        ("module_params",),
        "The weights are drawn from a uniform distribution instead of a normal one.",
        "torch.nn.init has more than one function with kaiming in its name.",
        (_INIT, "            nn.init.kaiming_uniform_(layer.weight)\n"),
    ),
    bug(
        "module_kaiming_fan_out",
        ("module_params",),
        "The spread of the weights follows from the fan-out instead of the fan-in.",
        "Look up the argument `mode` of kaiming_normal_.",
        (_INIT, '            nn.init.kaiming_normal_(layer.weight, mode="fan_out")\n'),
    ),
    bug(
        "module_xavier",
        ("module_params",),
        "The weights are drawn by Xavier's rule instead of Kaiming's.",
        "Which of the two rules knows that ReLUs follow?",
        (_INIT, "            nn.init.xavier_normal_(layer.weight)\n"),
    ),
    bug(
        "module_first_relu_missing",
        ("module_convnet",),
        "No ReLU follows the first convolution of ThreeLayerConvNet.",
        "What is one convolution after another, with nothing in between?",
        ("hidden = functional.relu(self.conv1(x))", "hidden = self.conv1(x)"),
    ),
    bug(
        "module_second_relu_missing",
        ("module_convnet",),
        "No ReLU follows the second convolution of ThreeLayerConvNet.",
        "Count the nonlinearities in the list of layers.",
        ("hidden = functional.relu(self.conv2(hidden))", "hidden = self.conv2(hidden)"),
    ),
    bug(
        "module_softmax_at_the_end",
        ("module_convnet",),
        "ThreeLayerConvNet ends with a softmax, but scores are asked for.",
        "What does `functional.cross_entropy` do with what it is given?",
        ("return self.fc(flatten(hidden))", "return functional.softmax(self.fc(flatten(hidden)), dim=1)"),
    ),
    bug(
        "module_relu_on_scores",
        ("module_convnet",),
        "A ReLU stands behind the last layer of ThreeLayerConvNet, so no score can be negative.",
        "Which layers does the list name after the affine one?",
        ("return self.fc(flatten(hidden))", "return functional.relu(self.fc(flatten(hidden)))"),
    ),
    bug(
        "module_paddings_swapped",
        ("module_convnet",),
        "The paddings are swapped: 1 at the first convolution and 2 at the second.",
        "The size of the result happens to be right. Which padding keeps the size under a filter of 5 × 5?",
        (_CONV1, "self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=1)"),
        (_CONV2, "self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=2)"),
    ),
    bug(
        "module_paddings_missing",
        ("module_convnet",),
        "The convolutions of ThreeLayerConvNet are not padded, so the affine layer gets too few features.",
        "How large is an image after each convolution?",
        (_CONV1, "self.conv1 = nn.Conv2d(in_channel, channel_1, 5)"),
        (_CONV2, "self.conv2 = nn.Conv2d(channel_1, channel_2, 3)"),
    ),
    bug(
        "module_channels_swapped",
        _BOTH,
        "The numbers of filters are swapped between the two convolutions.",
        "Which argument is the number of filters of the first convolution?",
        (_CONV1, "self.conv1 = nn.Conv2d(in_channel, channel_2, 5, padding=2)"),
        (_CONV2, "self.conv2 = nn.Conv2d(channel_2, channel_1, 3, padding=1)"),
        (_FC, "self.fc = nn.Linear(channel_1 * 32 * 32, num_classes)"),
    ),
    bug(
        "module_in_channel_fixed",
        ("module_convnet",),
        "The first convolution takes 3 channels, whatever in_channel says.",
        "Which images besides colour photographs could be meant?",
        (_CONV1, "self.conv1 = nn.Conv2d(3, channel_1, 5, padding=2)"),
    ),
    bug(
        "module_kernel_sizes",
        _BOTH,
        "Both convolutions have filters of 3 × 3.",
        "How large must the first filters be?",
        (_CONV1, "self.conv1 = nn.Conv2d(in_channel, channel_1, 3, padding=1)"),
    ),
    bug(
        "module_fc_input_size",
        _BOTH,
        "The affine layer expects channel_2 features, as if an image were one pixel.",
        "How many numbers are left of an image when it is flattened?",
        (_FC, "self.fc = nn.Linear(channel_2, num_classes)"),
    ),
    bug(
        "module_flattens_the_batch",
        ("module_convnet",),
        "ThreeLayerConvNet flattens the batch as well, so that all images become one row.",
        "Which axis must survive when features become rows?",
        ("return self.fc(flatten(hidden))", "return self.fc(hidden.reshape(-1))"),
    ),
    bug(
        "module_layers_without_bias",
        _BOTH,
        "The convolutions are made without biases.",
        "Does the description of the net take the biases away?",
        (_CONV1, "self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2, bias=False)"),
        (_CONV2, "self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1, bias=False)"),
    ),
    bug(
        "module_gradient_cut",
        ("module_convnet",),
        "The graph is cut between the convolutions and the affine layer, so the filters get no gradient.",
        "What does `detach` (or `.data`) do to what autograd has noted so far?",
        ("return self.fc(flatten(hidden))", "return self.fc(flatten(hidden.detach()))"),
    ),
)

_SEQUENTIAL = ("sequential_convnet",)
_S_CONV1 = "        nn.Conv2d(3, channel_1, 5, padding=2),\n        nn.ReLU(),\n"
_S_CONV2 = "        nn.Conv2d(channel_1, channel_2, 3, padding=1),\n        nn.ReLU(),\n"
_S_FC = "        nn.Linear(channel_2 * 32 * 32, num_classes),\n"

SEQUENTIAL = (
    bug(
        "sequential_first_relu_missing",
        _SEQUENTIAL,
        "No ReLU follows the first convolution of the sequence.",
        "Write down the layers in order and compare.",
        (_S_CONV1, "        nn.Conv2d(3, channel_1, 5, padding=2),\n"),
    ),
    bug(
        "sequential_second_relu_missing",
        _SEQUENTIAL,
        "No ReLU follows the second convolution of the sequence.",
        "Write down the layers in order and compare.",
        (_S_CONV2, "        nn.Conv2d(channel_1, channel_2, 3, padding=1),\n"),
    ),
    bug(
        "sequential_softmax_at_the_end",
        _SEQUENTIAL,
        "The sequence ends with a softmax, but scores are asked for.",
        "What does `functional.cross_entropy` do with what it is given?",
        (_S_FC, _S_FC + "        nn.Softmax(dim=1),\n"),
    ),
    bug(
        "sequential_paddings_swapped",
        _SEQUENTIAL,
        "The paddings are swapped: 1 at the first convolution and 2 at the second.",
        "The size of the result happens to be right. Which padding keeps the size under a filter of 5 × 5?",
        ("nn.Conv2d(3, channel_1, 5, padding=2)", "nn.Conv2d(3, channel_1, 5, padding=1)"),
        (
            "nn.Conv2d(channel_1, channel_2, 3, padding=1),\n",
            "nn.Conv2d(channel_1, channel_2, 3, padding=2),\n",
        ),
    ),
    bug(
        "sequential_flatten_missing",
        _SEQUENTIAL,
        "Nothing flattens the features before the affine layer.",
        "What shape does the last convolution leave, and what shape does nn.Linear take?",
        ("        Flatten(),\n        nn.Linear(channel_2 *", "        nn.Linear(channel_2 *"),
    ),
    bug(
        "sequential_fc_input_size",
        _SEQUENTIAL,
        "The affine layer expects the features of an image that was halved, but nothing halves it.",
        "How large is an image after each layer of the sequence?",
        (_S_FC, "        nn.Linear(channel_2 * 16 * 16, num_classes),\n"),
    ),
    bug(
        "sequential_channels_swapped",
        _SEQUENTIAL,
        "The numbers of filters are swapped between the two convolutions.",
        "Which argument is the number of filters of the first convolution?",
        ("nn.Conv2d(3, channel_1, 5, padding=2)", "nn.Conv2d(3, channel_2, 5, padding=2)"),
        (
            "nn.Conv2d(channel_1, channel_2, 3, padding=1),\n",
            "nn.Conv2d(channel_2, channel_1, 3, padding=1),\n",
        ),
        (_S_FC, "        nn.Linear(channel_1 * 32 * 32, num_classes),\n"),
    ),
    bug(
        "sequential_kaiming_init",
        _SEQUENTIAL,
        "The weights are drawn anew by Kaiming's rule, but PyTorch's own start is asked for here.",
        "What do parts III and IV differ in besides the optimizer?",
        (
            "    return nn.Sequential(\n        nn.Conv2d(3, channel_1",
            "    return _drawn_anew(\n        nn.Conv2d(3, channel_1",
        ),
        (
            "def sequential_convnet(",
            "def _drawn_anew(*layers: nn.Module) -> nn.Sequential:\n"
            "    for layer in layers:\n"
            "        if isinstance(layer, nn.Conv2d | nn.Linear):\n"
            "            nn.init.kaiming_normal_(layer.weight)\n"
            "    return nn.Sequential(*layers)\n\n\n"
            "def sequential_convnet(",
        ),
    ),
    bug(
        "sequential_is_the_module",
        _SEQUENTIAL,
        "sequential_convnet returns the module of part III instead of an nn.Sequential.",
        "What is the point of part IV?",
        (
            "    return nn.Sequential(\n        nn.Conv2d(3, channel_1",
            "    return ThreeLayerConvNet(3, channel_1, channel_2, num_classes)\n"
            "    return nn.Sequential(\n        nn.Conv2d(3, channel_1",
        ),
    ),
)
