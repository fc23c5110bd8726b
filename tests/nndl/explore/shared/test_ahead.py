"""What is prepared while nobody moves a control."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np

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


def test_the_nearest_values_come_first():
    slider = SimpleNamespace(options=(("1", 1), ("2", 2), ("3", 3), ("4", 4)), value=2)
    assert next_values(slider) == [1, 3, 4]
    assert next_values(SimpleNamespace(min=0, max=5, step=1, value=5)) == [4]


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
    # its picture; the next one's numbers, and picture
    assert [ahead.prepare_one() for _ in range(3)] == [True] * 3
    assert calls == [2, 3]
    assert set(scene._looks) == {(("size", 2),), (("size", 3),)}
    assert not ahead.prepare_one()  # nothing is left


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
