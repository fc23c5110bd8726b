"""Images that no student has seen: drawn anew from a seed, or a plain reason why there are none."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging.hidden_images import DataUnavailable, HiddenImages


def test_images_are_drawn_anew_for_each_seed_and_the_same_for_one():
    pixels, labels = HiddenImages("offline").unseen_pixels(3, 50)
    assert (pixels.shape, pixels.dtype, labels.shape) == ((50, 3, 32, 32), np.uint8, (50,))
    again, other = (HiddenImages("offline").unseen_pixels(seed, 50)[0] for seed in (3, 4))
    np.testing.assert_array_equal(again, pixels)
    assert (other != pixels).any()


def test_the_source_is_a_folder_or_the_environment(monkeypatch):
    monkeypatch.setenv("NNDL_DATA", "offline")
    assert HiddenImages(None).name == "offline"
    assert HiddenImages("/somewhere").name == "CIFAR-10"


@pytest.mark.parametrize(
    "ask",
    [
        lambda hidden: hidden.unseen(1),
        lambda hidden: hidden.unseen_scaled(1),
        lambda hidden: hidden.unseen_pixels(1, 5),
    ],
    ids=["unseen", "unseen_scaled", "unseen_pixels"],
)
def test_images_that_cannot_be_read_are_a_matter_of_ours(ask, tmp_path):
    with pytest.raises(DataUnavailable):
        ask(HiddenImages(str(tmp_path / "absent")))
