"""Learning from readings whose truth is known: near it, steadier than plain means, deaf to interruptions."""

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_rules.engine.reading_times import Learnt, Reading, learn

CATALOGUE = {1: 10.0}


def readings(*minutes: float, reader: int = 7, procedure: int = 1) -> list[Reading]:
    """One after the other with a minute between."""
    found, clock = [], 0.0
    for number, length in enumerate(minutes):
        found.append(Reading(reader * 1000 + number, procedure, reader, clock, clock + length))
        clock += length + 1
    return found


class TrueWorld:
    """Procedures and readers of known pace, seen through noise and one disturbed reading in twelve."""

    def __init__(self, seed: int, *, number: int, procedures: int = 30, readers: int = 20) -> None:
        chance = np.random.default_rng(seed)
        self.catalogue = {key: float(chance.uniform(3, 25)) for key in range(procedures)}
        self.minutes = {key: value * exp(chance.normal(0, 0.25)) for key, value in self.catalogue.items()}
        pace = chance.normal(0, 0.17, readers)
        self.factors = dict(enumerate(np.exp(pace - pace.mean())))
        self.readings, clock = [], np.zeros(readers)
        for number_of_item in range(number):
            reader, procedure = int(chance.integers(readers)), int(chance.integers(procedures))
            length = self.minutes[procedure] * self.factors[reader] * exp(chance.normal(-0.1, 0.45))
            if chance.random() < 1 / 12:
                length *= chance.uniform(4, 10)
            start = clock[reader]
            self.readings.append(Reading(number_of_item, procedure, reader, start, start + length))
            clock[reader] += length + 1


def error(estimate: dict[int, float], truth: dict[int, float]) -> float:
    return sqrt(np.mean([log(estimate[key] / truth[key]) ** 2 for key in truth]))


@pytest.mark.parametrize("seed", range(5))
def test_estimates_come_near_the_truth_that_catalogue_and_plain_means_miss(seed: int) -> None:
    world = TrueWorld(seed, number=3000)
    learnt = learn(world.readings, world.catalogue)
    plain = {
        key: float(np.mean([reading.minutes for reading in world.readings if reading.procedure_id == key]))
        for key in world.catalogue
    }
    assert error(learnt.minutes, world.minutes) < 0.12
    assert error(learnt.minutes, world.minutes) < 0.6 * error(world.catalogue, world.minutes)
    assert error(learnt.minutes, world.minutes) < 0.5 * error(plain, world.minutes)
    assert error(learnt.speed_factors, world.factors) < 0.08


def test_few_readings_hardly_move_the_catalogues_figure() -> None:
    few, many = learn(readings(*[5.0] * 2), CATALOGUE), learn(readings(*[5.0] * 200), CATALOGUE)
    assert 7.0 < few.minutes[1] < 10.0
    assert many.minutes[1] == pytest.approx(5.0, rel=0.05)
    assert (few.readings_of_procedure, many.readings_used) == ({1: 2}, 200)


def test_a_procedure_read_by_a_slow_reader_only_is_not_called_long() -> None:
    both = {1: 10.0, 2: 10.0}
    slow = readings(*[15.0] * 60, reader=1) + readings(*[15.0] * 60, reader=1, procedure=2)
    slow = [
        replace(reading, item_id=number, started=20.0 * number, finished=20.0 * number + 15)
        for number, reading in enumerate(slow)
    ]
    usual = readings(*[10.0] * 60, reader=2) + readings(*[10.0] * 60, reader=3)
    learnt = learn([*slow, *usual], both)
    assert learnt.speed_factors[1] > 1.15 > 0.95 > learnt.speed_factors[2]
    assert learnt.minutes[2] < 13.0


def test_what_tells_nothing_is_left_out_with_its_reason() -> None:
    usual = readings(*[10.0] * 30)
    lunch, glance = Reading(1, 1, 8, 0, 170), Reading(2, 1, 8, 200, 200.1)
    outer, inner = Reading(3, 1, 9, 0, 25), Reading(4, 1, 9, 5, 14)
    put_back = Reading(5, 1, 10, 0, 12)
    again = Reading(6, 1, 11, 0, 10, was_reopened=True)
    learnt = learn([*usual, lunch, glance, outer, inner, put_back, again], CATALOGUE, other_moments={10: [6.0]})
    assert learnt.left_out == {"reopened": 1, "interrupted": 2, "absurd": 2}
    assert learnt.readings_of_reader == {7: 30, 9: 1}


def test_opening_the_next_case_while_the_last_is_signed_is_no_interruption() -> None:
    back_to_back = [Reading(number, 1, 7, 10.0 * number, 10.0 * number + 10.02) for number in range(20)]
    assert learn(back_to_back, CATALOGUE).left_out == {}


def test_far_off_readings_are_outliers() -> None:
    usual = [9.0, 10.0, 11.0, 10.0, 9.5, 10.5] * 10
    learnt = learn(readings(*usual, 80.0, 90.0), CATALOGUE)
    assert learnt.left_out == {"outlier": 2}
    assert learnt.minutes[1] == pytest.approx(10.0, rel=0.05)


def test_nothing_usable_is_nothing_learnt() -> None:
    assert learn([], CATALOGUE) == Learnt()
    assert learn([Reading(1, 1, 7, 0, 500)], CATALOGUE) == Learnt(left_out={"absurd": 1})


@given(st.permutations(range(40)))
def test_the_order_of_the_readings_changes_nothing(order: list[int]) -> None:
    world = TrueWorld(3, number=40, procedures=4, readers=3)
    assert learn([world.readings[at] for at in order], world.catalogue) == learn(world.readings, world.catalogue)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.floats(0, 400), st.floats(0, 300)), max_size=40))
def test_whatever_was_recorded_the_figures_stay_sane(rows: list[tuple[int, int, float, float]]) -> None:
    catalogue = {1: 3.0, 2: 10.0, 3: 25.0}
    found = [Reading(at, p, r, start, start + length) for at, (p, r, start, length) in enumerate(rows)]
    learnt = learn(found, catalogue)
    assert all(0.2 < minutes < 250 for minutes in learnt.minutes.values())
    assert all(0.05 < factor < 20 for factor in learnt.speed_factors.values())
    assert learnt.readings_used + sum(learnt.left_out.values()) == len(rows)
