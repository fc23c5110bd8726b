"""The small ConvNet that the notebook uses if SqueezeNet is not available."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl.net_visualization import preprocess  # noqa: E402
from nndl.small_convnet import normalized, small_convnet, steps, training_steps  # noqa: E402

pytestmark = pytest.mark.torch


def coloured_images(n, seed=0):
    """Return noise whose mean colour gives one of three classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    X = rng.integers(0, 120, size=(n, 3, 32, 32))
    X[np.arange(n), y] += 80
    return X.astype(np.uint8), torch.from_numpy(y)


def test_scores_have_one_column_a_class():
    assert small_convnet()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert small_convnet(3)(torch.zeros(2, 3, 32, 32)).shape == (2, 3)
    with pytest.raises(ValueError, match="num_classes"):
        small_convnet(1)


def test_images_are_normalized_as_for_squeezenet():
    X, _ = coloured_images(2)
    one_by_one = [preprocess(image.transpose(1, 2, 0), size=32) for image in X]
    torch.testing.assert_close(normalized(X), torch.cat(one_by_one))
    with pytest.raises(ValueError, match="images"):
        normalized(X[:, :, :16])


def test_it_learns_and_a_seed_repeats_the_losses():
    X, y = coloured_images(200)
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        net = small_convnet(3)
        found.append(list(training_steps(net, normalized(X), y, epochs=4)))
    assert found[0] == found[1]
    assert len(found[0]) == steps(200, 4) == 12
    assert found[0][-1] < 0.1 < found[0][0]
    unseen, labels = coloured_images(50, seed=1)
    with torch.no_grad():
        assert (net.eval()(normalized(unseen)).argmax(dim=1) == labels).float().mean() > 0.9


def test_too_few_images_or_epochs_are_refused():
    X, y = coloured_images(10)
    with pytest.raises(ValueError, match="images"):
        steps(10)
    with pytest.raises(ValueError, match="epochs"):
        next(training_steps(small_convnet(3), normalized(X), y, epochs=0))
