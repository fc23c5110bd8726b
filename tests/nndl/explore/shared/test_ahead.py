"""What is prepared while nobody moves a control."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from nndl.explore import dropout
from nndl.explore.cnn import convolution
from nndl.explore.shared.ahead import Ahead, next_values
from nndl.explore.shared.scene import Scene, axes_in, panels, power_of_ten


def example(calls):
    def compute(size):
        calls.append(size)
        np.random.rand()
        if size == "wrong":
            raise ValueError(size)
        return size

    def stage():
        figure = panels(1)
        axes_in(figure, 0).set(ylim=(1e-3, 10), yscale="log")
        return figure

    return Scene(compute=compute, stage=stage, act=lambda axes, result: None, words=str)


def two_panels():
    figure = panels(2)
    for panel in (0, 1):
        axes_in(figure, panel)
    return figure


def test_the_nearest_values_come_first_and_of_two_the_one_onward():
    slider = SimpleNamespace(options=(("1", 1), ("2", 2), ("3", 3), ("4", 4)), value=2)
    assert next_values(slider) == [3, 1, 4]
    assert next_values(slider, onward=False) == [1, 3, 4]
    assert next_values(SimpleNamespace(min=0, max=5, step=1, value=4)) == [5, 3, 2]
    assert next_values(SimpleNamespace(min=0, max=5, step=1, value=4), onward=False) == [3, 5, 2]


def test_whoever_has_moved_a_control_is_expected_to_move_it_on():
    width = SimpleNamespace(min=1, max=9, step=1, value=4)
    kind = SimpleNamespace(options=["a", "b", "c"], value="b")
    ahead = Ahead(example([]), {"kind": kind, "width": width})

    def moves(**before):
        return tuple([(after["kind"], after["width"]) for after in found] for found in ahead.moves(before))

    kinds, widths = [("c", 4), ("a", 4)], [("b", 5), ("b", 3), ("b", 6), ("b", 2)]
    assert moves() == ([], [("c", 4), ("b", 5), ("a", 4), ("b", 3), ("b", 6), ("b", 2)])
    assert moves(kind="b", width=3) == (widths, kinds)
    assert moves(kind="b", width=9) == ([("b", 3), ("b", 5), ("b", 2), ("b", 6)], kinds)
    assert moves(kind="c", width=4) == (kinds[::-1], widths)
    assert moves(kind="gone", width=4) == (kinds, widths)


def test_what_is_less_likely_waits_until_the_hand_rests():
    calls: list[object] = []
    size = SimpleNamespace(min=1, max=9, step=1, value=4)
    scene = example(calls)
    scene.compute = lambda size, kind: calls.append((size, kind))
    ahead = Ahead(scene, {"size": size, "kind": SimpleNamespace(options=["a", "b"], value="a")})
    ahead.start({"size": 3, "kind": "a"})
    pauses = []
    while (seconds := ahead.prepare_one()) is not None:
        if seconds > 0.5:
            pauses.append(list(calls))
    assert pauses == [[(5, "a"), (3, "a"), (6, "a")]]
    assert calls[3:] == [(4, "b"), (2, "a")]
    ahead.start()  # nobody has moved anything: nothing to wait for
    assert ahead.prepare_one() is None


@pytest.mark.parametrize(
    ("widgets", "name", "after"),
    [
        (dropout._widgets, "seed", [1, 2]),
        (dropout._widgets, "keep", [0.55, 0.45, 0.6, 0.4]),
        (convolution._controls, "step", [19, 17, 20, 16]),
    ],
)
def test_controls_that_are_put_together_tell_their_next_values_too(widgets, name, after):
    assert next_values(widgets()[name]) == pytest.approx(after)


def test_the_next_values_of_a_stepper_end_where_it_ends():
    made = convolution._controls()
    made["stride"].value = 3
    assert made["step"].value == made["step"].max == 9
    assert next_values(made["step"]) == [8, 7]


def test_a_place_of_a_slider_is_the_same_however_it_was_reached():
    calls: list[object] = []
    scene = example(calls)
    scene.look(size=0.1 + 0.05)
    scene.look(size=0.15)
    assert len(calls) == 1


def test_panels_are_prepared_one_by_one():
    drawn: list[object] = []
    scene = example([])
    scene.stage = two_panels
    scene.frames = lambda size: (size, "b")
    scene.fit = lambda panel, axes, frame: drawn.append((panel, frame))
    for number, piece in enumerate(scene.pieces(size=1)):
        piece()
        assert len(drawn) == min(number, 2)
    assert drawn == [(0, 1), (1, "b")]
    assert len(list(scene.pieces(size=1))) == 0
    for piece in scene.pieces(size=2):
        piece()
    assert drawn[2:] == [(0, 2)]


def test_a_prepared_move_computes_nothing_and_leaves_the_random_numbers_alone():
    calls: list[object] = []
    scene = example(calls)
    ahead = Ahead(scene, {"size": SimpleNamespace(options=[1, 2, 3], value=1)})
    np.random.seed(0)
    ahead.start()  # without a loop nothing runs on its own
    assert ahead.prepare_one()
    assert calls == [2]
    scene.result(size=2)
    assert calls == [2]
    assert np.random.rand() == np.random.RandomState(0).rand()
    # its panel and its picture; the next one's numbers, and picture
    assert all(ahead.prepare_one() for _ in range(4))
    assert calls == [2, 3]
    assert set(scene._looks) == {(("size", 2),), (("size", 3),)}
    assert not ahead.prepare_one()  # nothing is left


def test_what_a_result_goes_on_from_is_computed_piece_by_piece():
    calls: list[object] = []
    scene = example(calls)
    scene.before = lambda size: [{"size": less} for less in range(1, size)]
    for piece, wanted in zip(scene.pieces(size=3), ([1], [1, 2], [1, 2, 3], [1, 2, 3]), strict=False):
        piece()
        assert calls == wanted


def test_who_waits_for_an_earlier_turn_prepares_nothing():
    calls: list[object] = []
    ahead = Ahead(example(calls), {"size": SimpleNamespace(options=[1, 2, 3], value=1)})
    ahead.start()
    turn = ahead._turn
    ahead.stop()
    ahead._go_on(turn)
    assert calls == []
    ahead.start()
    ahead._go_on(ahead._turn)
    assert calls == [2]


def test_moves_in_two_threads_draw_one_after_the_other():
    busy: list[int] = []

    def act(axes, size):
        assert not busy
        busy.append(size)
        axes[0].plot([0, size])
        time.sleep(0.01)
        busy.remove(size)

    scene = example([])
    scene.act = act
    with ThreadPoolExecutor(2) as threads:
        looks = list(threads.map(lambda size: scene.look(size=size), range(1, 7)))
    assert len({look.pictures[0].light for look in looks}) == 6


def test_what_goes_wrong_ahead_is_not_shown(capsys):
    ahead = Ahead(example([]), {"size": SimpleNamespace(options=[1, "wrong"], value=1)})
    ahead.start()
    assert not ahead.prepare_one()
    assert capsys.readouterr().out == ""


def test_powers_of_ten_are_plain_text():
    assert [power_of_ten(v) for v in (1e-3, 1.0, 1e12, 2.0, 0.0)] == ["10⁻³", "10⁰", "10¹²", "", ""]
