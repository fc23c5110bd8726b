"""A wrong image or matrix is drawn in few levels; what has no picture has none."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from autograder.messages import pictures
from autograder.reports import feedback, report

from ..reports.sample import MILESTONE, failed, graded

RIGHT = np.arange(16.0).reshape(4, 4)


def test_rows_are_levels_of_the_right_one_and_the_difference_has_its_own():
    wrong = RIGHT.copy()
    wrong[1, 2], wrong[3, 0], wrong[0, 0] = 99.0, np.nan, -5.0
    found = pictures.levels(RIGHT, wrong)
    assert found["right"] == ["0012", "2344", "5667", "8899"]
    assert found["yours"] == ["0012", "2394", "5667", "x899"]
    assert found["difference"] == ["0000", "0090", "0000", "x000"]


def test_large_arrays_are_thinned_and_the_worst_place_of_the_worst_slice_stays():
    right = np.zeros((3, 2, 40, 50))
    wrong = right.copy()
    wrong[2, 1, 17, 31] = 1.0
    found = pictures.levels(right, wrong)
    assert [len(rows) for rows in found.values()] == [16, 16, 16]
    assert "".join(found["difference"]).count("9") == 1


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(RIGHT, RIGHT), (RIGHT, RIGHT[:3]), (RIGHT[0], RIGHT[1]), (RIGHT[:3], 1 - RIGHT[:3]), (1.0, 2.0), (RIGHT, None),
     (RIGHT, RIGHT.astype(object)), (RIGHT, RIGHT.astype(complex))],
)  # fmt: skip
def test_equal_few_or_other_values_have_no_picture(expected, actual):
    assert pictures.levels(expected, actual) is None


def test_the_page_shows_three_pictures_once_for_each_part_and_the_schema_knows_them(tmp_path):
    made = graded("ada", failed(findings=2))
    for finding in made["checks"][0]["findings"]:
        finding["picture"] = pictures.levels(RIGHT, RIGHT.T)
    report.validate(made)
    feedback.write(tmp_path / "page.html", made, MILESTONE)
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert 'alt="' in page
    dots = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures.address(["0x9"]).partition(",")[2]))))
    assert dots.tolist() == [[[255, 255, 255], [200, 30, 30], [3, 3, 3]]]
