"""A seeded sample of made-up messages, notebooks and folders."""

from __future__ import annotations

import json
import random

import pytest

from . import messages, uploads

SAMPLE = {
    messages.try_protocol: 400,
    messages.try_replies: 1500,
    uploads.try_notebook: 6,
    uploads.try_folder: 6,
}


@pytest.mark.parametrize("attempt", SAMPLE, ids=lambda attempt: attempt.__name__)
def test_made_up_inputs_do_no_harm(attempt):
    rng = random.Random(attempt.__name__)
    assert [wrong for _ in range(SAMPLE[attempt]) if (wrong := attempt(rng))] == []


def test_the_inputs_are_not_all_refused_and_not_all_right():
    rng = random.Random(1)
    refused = [messages.changed(data := messages.encoded(rng), rng) != data for _ in range(100)]
    assert 20 < sum(refused) < 100
    notebooks = {json.dumps(uploads.scrambled(rng)) for _ in range(10)}
    assert len(notebooks) > 8
