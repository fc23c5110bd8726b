"""Right solutions of the milestone network_visualization that are written in another way."""

from __future__ import annotations

from autograder.judging.room import Edits

_FILE = "net_visualization.py"

_SALIENCY = """    X = X.detach().requires_grad_()
    scores = gather_example(model(X), y)
    (gradient,) = torch.autograd.grad(scores.sum(), X)
    return gradient.abs().amax(dim=1)
"""
_FOOLING = """    X_fooling = X.clone().requires_grad_()
    for _ in range(max_steps + 1):
        scores = model(X_fooling)
        if scores[0].argmax() == target_y:
            return X_fooling.detach()
        (gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)
        with torch.no_grad():
            X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)
    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")
"""
_STEP = """    objective = model(img)[0, target_y] - l2_reg * img.square().sum()
    (gradient,) = torch.autograd.grad(objective, img)
    with torch.no_grad():
        img += learning_rate * gradient / gradient.norm().clamp_min(1e-12)
"""

ALTERNATIVES: dict[str, tuple[str, Edits]] = {
    "saliency_by_backward_on_a_copy": (
        _FILE,
        (
            (
                _SALIENCY,
                """    X = X.clone()
    X.requires_grad_()
    scores = model(X).gather(1, y.view(-1, 1)).squeeze()
    scores.sum().backward()
    saliency, _ = torch.max(X.grad.abs(), dim=1)
    return saliency
""",
            ),
        ),
    ),
    "saliency_with_ones_as_upstream_gradient": (
        _FILE,
        (
            (
                _SALIENCY,
                """    pixels = X.detach().requires_grad_()
    scores = model(pixels)[torch.arange(len(y)), y]
    scores.backward(torch.ones_like(scores))
    return pixels.grad.data.abs().max(1).values
""",
            ),
        ),
    ),
    "saliency_image_by_image_in_float32": (
        _FILE,
        (
            (
                _SALIENCY,
                """    N, _, H, W = X.shape
    maps = torch.zeros(N, H, W)
    for i in range(N):
        x = X[i : i + 1].clone().detach()
        x.requires_grad = True
        model(x)[0, int(y[i])].backward()
        maps[i] = x.grad[0].abs().max(dim=0)[0]
    return maps
""",
            ),
        ),
    ),
    "saliency_by_one_hot_labels": (
        _FILE,
        (
            (
                _SALIENCY,
                """    X = torch.autograd.Variable(X.clone(), requires_grad=True)
    scores = model(X)
    chosen = torch.nn.functional.one_hot(y, scores.shape[1])
    (scores * chosen).sum().backward()
    gradient = X.grad
    return torch.maximum(gradient.amax(dim=1), -gradient.amin(dim=1))
""",
            ),
        ),
    ),
    "saliency_restores_its_argument": (
        _FILE,
        (
            (
                _SALIENCY,
                """    X.requires_grad_()
    scores = gather_example(model(X), y)
    scores.sum().backward()
    saliency = X.grad.abs().amax(dim=1)
    X.grad = None
    X.requires_grad_(False)
    return saliency
""",
            ),
        ),
    ),
    "fooling_with_backward_and_data": (
        _FILE,
        (
            (
                _FOOLING,
                """    X_fooling = X.clone()
    X_fooling = X_fooling.requires_grad_()
    for i in range(101):
        scores = model(X_fooling)
        _, index = scores.max(dim=1)
        if index.item() == target_y:
            break
        if i == 100:
            raise RuntimeError("no luck")
        scores[0, target_y].backward()
        g = X_fooling.grad.data
        X_fooling.data += learning_rate * g / g.norm()
        X_fooling.grad.zero_()
    return X_fooling.detach()
""",
            ),
        ),
    ),
    "fooling_with_new_tensors": (
        _FILE,
        (
            (
                _FOOLING,
                """    image = X.detach().clone()
    steps = 0
    while True:
        image.requires_grad_(True)
        score = model(image).squeeze(0)
        if torch.argmax(score).item() == target_y:
            return image.detach()
        if steps == max_steps:
            raise RuntimeError(f"{max_steps} steps were not enough")
        g = torch.autograd.grad(score[target_y], image)[0]
        length = torch.sqrt((g**2).sum()) + 1e-6
        image = (image + learning_rate * (g / length)).detach()
        steps += 1
""",
            ),
        ),
    ),
    "fooling_step_then_look": (
        _FILE,
        (
            (
                _FOOLING,
                """    X_fooling = X.detach().clone()
    if model(X_fooling)[0].argmax() == target_y:
        return X_fooling
    for _ in range(max_steps):
        X_fooling.requires_grad_(True)
        model(X_fooling)[:, target_y].sum().backward()
        with torch.no_grad():
            step = X_fooling.grad / torch.linalg.vector_norm(X_fooling.grad)
            X_fooling = X_fooling + step
            if model(X_fooling).argmax(dim=1)[0] == target_y:
                return X_fooling
    raise RuntimeError("the target is out of reach")
""",
            ),
        ),
    ),
    "fooling_gives_up_with_an_error_of_its_own": (
        _FILE,
        (
            (
                "def make_fooling_image(",
                "class OutOfReach(RuntimeError):\n    pass\n\n\ndef make_fooling_image(",
            ),
            (
                '    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")',
                "    raise OutOfReach(target_y)",
            ),
        ),
    ),
    "step_with_backward_and_zeroed_gradient": (
        _FILE,
        (
            (
                _STEP,
                """    score = model(img)[0, target_y]
    score.backward()
    g = img.grad.data - 2 * l2_reg * img.data
    length = g.norm()
    if length > 0:
        img.data += learning_rate * g / length
    img.grad.zero_()
""",
            ),
        ),
    ),
    "step_that_returns_the_image_too": (
        _FILE,
        (
            (
                _STEP,
                """    loss = -model(img)[:, target_y].sum() + l2_reg * torch.norm(img) ** 2
    loss.backward()
    with torch.no_grad():
        img.sub_(learning_rate * img.grad / (img.grad.norm() + 1e-6))
    img.grad = None
    return img
""",
            ),
        ),
    ),
    "step_by_copying": (
        _FILE,
        (
            (
                _STEP,
                """    x = img.detach().clone().requires_grad_(True)
    (model(x)[0][target_y] - l2_reg * (x * x).sum()).backward()
    direction = torch.nn.functional.normalize(x.grad.flatten(), dim=0).view_as(x)
    img.data.copy_(x.detach() + learning_rate * direction)
""",
            ),
        ),
    ),
}
