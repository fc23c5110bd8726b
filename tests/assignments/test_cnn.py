"""What is special to the notebook of the convolutional nets: its worked examples."""

from __future__ import annotations

import numpy as np

from nndl import layers
from nndl.cnn import ThreeLayerConvNet


def image(*rows):
    return np.array(rows, dtype=np.float64)[None, None]


def test_convolution_example():
    x, w, b = image((1, 2, 0), (0, 1, 3), (2, 1, 0)), image((1, 2), (0, -1)), np.array([1.0])
    out, cache = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(out, image((5, 0), (2, 8)))
    dx, dw, db = layers.conv_backward_naive(image((1, 0), (2, -1)), cache)
    np.testing.assert_array_equal(db, [2])
    np.testing.assert_array_equal(dw, image((0, 1), (3, 3)))
    np.testing.assert_array_equal(dx, image((1, 2, 0), (2, 2, -2), (0, -2, 1)))
    padded, _ = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 1})
    assert padded.shape == (1, 1, 4, 4)
    assert padded[0, 0, 0, 0] == 0


def test_pooling_example():
    x = image((1, 2, 0, 5), (3, 4, 4, 1), (-1, -1, 3, 0), (-4, -2, 3, 3))
    out, cache = layers.max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    np.testing.assert_array_equal(out, image((4, 5), (-1, 3)))
    dx = layers.max_pool_backward_naive(image((1, 2), (3, 4)), cache)
    np.testing.assert_array_equal(dx, image((0, 0, 0, 2), (0, 1, 0, 0), (3, 0, 4, 0), (0, 0, 0, 0)))


def test_normalization_examples():
    x = np.array([[[[1.0, 3]]], [[[5, 7]]]])
    bn_param = {"mode": "train", "eps": 0.0}
    out, _ = layers.spatial_batchnorm_forward(x, np.ones(1), np.zeros(1), bn_param)
    np.testing.assert_allclose(out.ravel(), [-1.342, -0.447, 0.447, 1.342], atol=5e-4)
    x = np.array([1.0, 3, 10, 14]).reshape(1, 4, 1, 1)
    one = np.ones((1, 4, 1, 1))
    out, _ = layers.spatial_groupnorm_forward(x, one, 0 * one, 2, {"eps": 0.0})
    np.testing.assert_allclose(out.ravel(), [-1, 1, -1, 1])


def test_numbers_of_the_text():
    net = ThreeLayerConvNet()
    assert net.params["W2"].shape[0] == 8192
    assert net.params["W1"].size + net.params["b1"].size == 4736
    assert ThreeLayerConvNet((3, 8, 7), 1, 3, 2, 2).params["W2"].shape[0] == 4 * 3
