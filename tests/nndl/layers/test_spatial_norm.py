"""Batch and group normalization of images."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nndl.layers import (
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)


@pytest.fixture
def images() -> np.ndarray:
    return 4 * np.random.default_rng(3).normal(size=(2, 6, 4, 5)) + 10


def test_batchnorm_normalizes_each_channel_over_batch_rows_and_columns(images: np.ndarray) -> None:
    gamma, beta = np.arange(1.0, 7.0), np.arange(6.0)
    out, _ = spatial_batchnorm_forward(images, gamma, beta, {"mode": "train"})
    assert out.shape == images.shape
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), beta, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), gamma, rtol=1e-5)


def test_batchnorm_keeps_running_statistics_per_channel(images: np.ndarray) -> None:
    bn_param: dict[str, Any] = {"mode": "train", "momentum": 0.0}
    trained, _ = spatial_batchnorm_forward(images, np.ones(6), np.zeros(6), bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], images.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(bn_param["running_var"], images.var(axis=(0, 2, 3)))
    tested, cache = spatial_batchnorm_forward(images, np.ones(6), np.zeros(6), bn_param | {"mode": "test"})
    np.testing.assert_allclose(tested, trained, atol=1e-12)
    with pytest.raises(ValueError, match="cache must come from a forward pass"):
        spatial_batchnorm_backward(tested, cache)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_groupnorm_normalizes_consecutive_channels_of_each_image(images: np.ndarray, groups: int) -> None:
    out, _ = spatial_groupnorm_forward(images, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1)), groups, {})
    size = 6 // groups
    for image, normalized in zip(images, out, strict=True):
        for first in range(0, 6, size):
            group = image[first : first + size]
            want = (group - group.mean()) / np.sqrt(group.var() + 1e-5)
            np.testing.assert_allclose(normalized[first : first + size], want, atol=1e-12)


def test_groupnorm_scales_and_shifts_channels(images: np.ndarray) -> None:
    gamma, beta = np.arange(1.0, 7.0).reshape(1, 6, 1, 1), np.arange(6.0).reshape(1, 6, 1, 1)
    plain, _ = spatial_groupnorm_forward(
        images, np.ones_like(gamma), np.zeros_like(beta), 2, {"mode": "test"}
    )
    out, cache = spatial_groupnorm_forward(images, gamma, beta, 2, {})
    np.testing.assert_allclose(out, gamma * plain + beta)
    _, dgamma, dbeta = spatial_groupnorm_backward(np.ones_like(images), cache)
    assert dgamma.shape == dbeta.shape == (1, 6, 1, 1)
    np.testing.assert_allclose(dbeta, np.full((1, 6, 1, 1), 40.0))
    np.testing.assert_allclose(dgamma, plain.sum(axis=(0, 2, 3), keepdims=True))


def test_groupnorm_of_an_empty_batch(images: np.ndarray) -> None:
    ones, zeros = np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))
    out, cache = spatial_groupnorm_forward(images[:0], ones, zeros, 3, {})
    dx, dgamma, _ = spatial_groupnorm_backward(out, cache)
    assert dx.shape == (0, 6, 4, 5)
    np.testing.assert_array_equal(dgamma, zeros)


def test_batchnorm_needs_a_pixel_to_train(images: np.ndarray) -> None:
    for empty in (images[:0], images[:, :, :0]):
        with pytest.raises(ValueError, match="x must have at least one row in training mode"):
            spatial_batchnorm_forward(empty, np.ones(6), np.zeros(6), {"mode": "train"})
        out, _ = spatial_batchnorm_forward(empty, np.ones(6), np.zeros(6), {"mode": "test"})
        assert out.shape == empty.shape


@pytest.mark.parametrize(
    ("shape", "groups", "error", "message"),
    [
        ((1, 6, 1, 1), 4, ValueError, "G must divide the number of channels, 6, but got 4"),
        ((1, 6, 1, 1), 0, ValueError, "G must be at least 1, but got 0"),
        ((1, 6, 1, 1), 2.0, TypeError, "G must be an integer, but got 2.0"),
        ((6,), 2, ValueError, "gamma must have shape (1, 6, 1, 1), but its shape is (6,)"),
    ],
)
def test_groups_that_make_no_sense_are_refused(
    images: np.ndarray, shape: tuple[int, ...], groups: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        spatial_groupnorm_forward(images, np.ones(shape), np.ones(shape), groups, {})


def test_batchnorm_refuses_parameters_in_the_shape_of_groupnorm(images: np.ndarray) -> None:
    with pytest.raises(
        ValueError, match=re.escape("gamma must have shape (6,), but its shape is (1, 6, 1, 1)")
    ):
        spatial_batchnorm_forward(images, np.ones((1, 6, 1, 1)), np.zeros(6), {"mode": "train"})
    with pytest.raises(ValueError, match="x must have 4 axes"):
        spatial_batchnorm_forward(images[0], np.ones(6), np.zeros(6), {"mode": "train"})
