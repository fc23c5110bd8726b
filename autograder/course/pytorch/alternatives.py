"""Right solutions of the milestone pytorch that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

_FORWARD = """    hidden = functional.relu(functional.conv2d(x, conv_w1, conv_b1, padding=2))
    hidden = functional.relu(functional.conv2d(hidden, conv_w2, conv_b2, padding=1))
    return flatten(hidden) @ fc_w + fc_b
"""
_PARAMS = """    channels, height, width = image
    return [
        random_weight((channel_1, channels, 5, 5)),
        zero_weight((channel_1,)),
        random_weight((channel_2, channel_1, 3, 3)),
        zero_weight((channel_2,)),
        random_weight((channel_2 * height * width, num_classes)),
        zero_weight((num_classes,)),
    ]
"""
_INIT = """        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
"""
_MODULE_FORWARD = """        hidden = functional.relu(self.conv1(x))
        hidden = functional.relu(self.conv2(hidden))
        return self.fc(flatten(hidden))
"""
_SEQUENTIAL = """    return nn.Sequential(
        nn.Conv2d(3, channel_1, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(channel_1, channel_2, 3, padding=1),
        nn.ReLU(),
        Flatten(),
        nn.Linear(channel_2 * 32 * 32, num_classes),
    )
"""
_PLAIN = "    return torch.optim.SGD(model.parameters(), lr=3e-3)\n"
_NESTEROV = "    return torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)\n"
_OPEN_START = "    stages: list[nn.Module] = []\n"

_EDITS: dict[str, Edits] = {
    "padded_first_and_clamped": (
        (
            _FORWARD,
            "    hidden = functional.conv2d(functional.pad(x, (2, 2, 2, 2)), conv_w1, conv_b1).clamp(min=0)\n"
            "    hidden = functional.conv2d(functional.pad(hidden, (1, 1, 1, 1)), conv_w2, conv_b2)\n"
            "    hidden = torch.maximum(hidden, torch.zeros_like(hidden))\n"
            "    return functional.linear(hidden.flatten(start_dim=1), fc_w.T, fc_b)\n",
        ),
    ),
    "convolution_by_unfold": (
        (
            _FORWARD,
            "    def convolve(x: Tensor, w: Tensor, b: Tensor, pad: int) -> Tensor:\n"
            "        columns = functional.unfold(x, w.shape[2:], padding=pad)\n"
            "        out = torch.einsum('fk,nkp->nfp', w.flatten(1), columns) + b[:, None]\n"
            "        return out.view(len(x), len(w), x.shape[2] + 2 * pad - w.shape[2] + 1, -1)\n\n"
            "    hidden = convolve(x, conv_w1, conv_b1, 2).relu()\n"
            "    hidden = convolve(hidden, conv_w2, conv_b2, 1).relu()\n"
            "    return torch.addmm(fc_b, hidden.reshape(len(x), -1), fc_w)\n",
        ),
    ),
    "biases_added_by_hand_and_relu_in_place": (
        (
            _FORWARD,
            "    hidden = functional.conv2d(x, conv_w1, padding=2) + conv_b1.view(1, -1, 1, 1)\n"
            "    hidden = functional.relu(hidden, inplace=True)\n"
            "    hidden = functional.conv2d(hidden, conv_w2, padding=1) + conv_b2.view(1, -1, 1, 1)\n"
            "    hidden.relu_()\n"
            "    return torch.matmul(hidden.view(x.shape[0], -1), fc_w).add(fc_b)\n",
        ),
    ),
    "parameters_in_a_loop": (
        (
            _PARAMS,
            "    channels, height, width = image\n"
            "    shapes = [(channel_1, channels, 5, 5), (channel_2, channel_1, 3, 3)]\n"
            "    params = []\n"
            "    for shape in [*shapes, (channel_2 * height * width, num_classes)]:\n"
            "        params += [random_weight(shape), zero_weight(shape[-1:] if len(shape) == 2 else shape[:1])]\n"
            "    return params\n",
        ),
    ),
    "parameters_by_own_formula": (
        (
            _PARAMS,
            "    channels, height, width = image\n"
            "    features = channel_2 * height * width\n"
            "    fc_w = torch.empty(features, num_classes).normal_(0, (2 / features) ** 0.5).requires_grad_()\n"
            "    conv_w2 = nn.init.kaiming_normal_(torch.empty(channel_2, channel_1, 3, 3, requires_grad=True))\n"
            "    conv_w1 = torch.randn(channel_1, channels, 5, 5) * (2 / (25 * channels)) ** 0.5\n"
            "    biases = [torch.zeros(n, requires_grad=True) for n in (channel_1, channel_2, num_classes)]\n"
            "    return conv_w1.requires_grad_(), biases[0], nn.Parameter(conv_w2), biases[1], fc_w, biases[2]\n",
        ),
    ),
    "module_of_a_sequence": (
        (
            _INIT,
            "        conv1 = nn.Conv2d(in_channel, channel_1, 5, padding='same')\n"
            "        conv2 = nn.LazyConv2d(channel_2, 3, 1, 1)\n"
            "        self.features = nn.Sequential(conv1, nn.ReLU(), conv2, nn.ReLU(inplace=True), nn.Flatten())\n"
            "        self.score = nn.Linear(32 * 32 * channel_2, num_classes)\n"
            "        self.features(torch.zeros(1, in_channel, 32, 32))\n"
            "        for p in self.parameters():\n"
            "            if p.ndim > 1:\n"
            "                nn.init.kaiming_normal_(p, nonlinearity='relu')\n",
        ),
        (_MODULE_FORWARD, "        return self.score(self.features(x))\n"),
    ),
    "module_with_zero_biases_in_another_order": (
        (
            _INIT,
            "        self.c = nn.Linear(channel_2 * 32 * 32, num_classes)\n"
            "        self.b = nn.Conv2d(channel_1, channel_2, (3, 3), (1, 1), (1, 1))\n"
            "        self.a = nn.Conv2d(in_channel, channel_1, kernel_size=5, stride=1, padding=2)\n"
            "        self.history = []\n"
            "        for layer in self.children():\n"
            "            nn.init.kaiming_normal_(layer.weight, mode='fan_in')\n"
            "            nn.init.zeros_(layer.bias)\n",
        ),
        (
            _MODULE_FORWARD,
            "        for layer in (self.a, self.b):\n"
            "            x = torch.relu(layer(x))\n"
            "        return self.c(x.flatten(1))\n",
        ),
    ),
    "module_of_bare_parameters": (
        (
            _INIT,
            "        params = three_layer_convnet_params(channel_1, channel_2, num_classes, (in_channel, 32, 32))\n"
            "        self.params = nn.ParameterList([nn.Parameter(p.detach()) for p in params])\n",
        ),
        (_MODULE_FORWARD, "        return three_layer_convnet(x, list(self.params))\n"),
    ),
    "module_list": (
        (
            _INIT,
            "        convs = [nn.Conv2d(in_channel, channel_1, 5, padding=2)]\n"
            "        convs.append(nn.Conv2d(channel_1, channel_2, 3, padding=1))\n"
            "        self.layers = nn.ModuleList([*convs, nn.Linear(channel_2 * 32 * 32, num_classes)])\n"
            "        with torch.no_grad():\n"
            "            for layer in self.layers:\n"
            "                layer.weight.normal_(0, (2 / layer.weight[0].numel()) ** 0.5)\n",
        ),
        (
            _MODULE_FORWARD,
            "        *convs, last = self.layers\n"
            "        for conv in convs:\n"
            "            x = conv(x).clamp_min(0)\n"
            "        return last(x.reshape(x.size(0), -1))\n",
        ),
    ),
    "sequence_in_a_sequence": (
        (
            _SEQUENTIAL,
            "    net = nn.Sequential()\n"
            "    first = nn.Sequential(nn.Conv2d(3, channel_1, 5, padding='same'), nn.ReLU())\n"
            "    net.add_module('first', first)\n"
            "    second = nn.Sequential(nn.Conv2d(channel_1, channel_2, 3, 1, 1), nn.ReLU(inplace=True))\n"
            "    net.add_module('second', second)\n"
            "    net.add_module('rows', nn.Flatten())\n"
            "    net.append(nn.Linear(1024 * channel_2, num_classes))\n"
            "    return net\n",
        ),
    ),
    "optimizers_with_groups_and_defaults_spelled_out": (
        (
            _PLAIN,
            "    return torch.optim.SGD(list(model.parameters()), 3e-3, 0.0, 0.0, 0.0, False, foreach=False)\n",
        ),
        (
            _NESTEROV,
            "    weights = [p for p in model.parameters() if p.ndim > 1]\n"
            "    others = [p for p in model.parameters() if p.ndim <= 1]\n"
            "    settings = dict(lr=0.01, momentum=0.9, dampening=0, weight_decay=0, nesterov=True)\n"
            "    return torch.optim.SGD([{'params': weights}, {'params': others}], **settings)\n",
        ),
    ),
    "open_two_convolutions_per_stage": (
        (
            _OPEN_START,
            "    layers: list[nn.Module] = []\n"
            "    for c0, c1, pool in ((3, 8, False), (8, 8, True), (8, 16, False), (16, 16, True)):\n"
            "        layers += [nn.Conv2d(c0, c1, 3, padding=1), nn.BatchNorm2d(c1), nn.ReLU()]\n"
            "        layers += [nn.MaxPool2d(2)] if pool else []\n"
            "    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 64, 10))\n"
            "    return net, torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9, nesterov=True)\n"
            + _OPEN_START,
        ),
    ),
    "open_residual_with_adam": (
        (
            _OPEN_START,
            "    class Block(nn.Module):\n"
            "        def __init__(self, channels: int) -> None:\n"
            "            super().__init__()\n"
            "            self.conv = nn.Conv2d(channels, channels, 3, padding=1)\n"
            "            self.norm = nn.GroupNorm(2, channels)\n\n"
            "        def forward(self, x: Tensor) -> Tensor:\n"
            "            return x + functional.gelu(self.norm(self.conv(x)))\n\n"
            "    net = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), Block(8), nn.Dropout2d(0.1), Block(8),\n"
            "                        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 10))\n"
            "    return net, torch.optim.AdamW(net.parameters(), lr=1e-3)\n" + _OPEN_START,
        ),
    ),
    "open_linear_with_warm_up": (
        (
            _OPEN_START,
            "    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))\n"
            "    optimizer = torch.optim.SGD(net.parameters(), lr=5e-2, momentum=0.9)\n"
            "    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-2, total_steps=766 * epochs + 1)\n"
            "    optimizer.register_step_post_hook(lambda *_: schedule.step())\n"
            "    return net, optimizer\n" + _OPEN_START,
        ),
    ),
}

ALTERNATIVES = {name: ("pytorch.py", edits) for name, edits in _EDITS.items()}
