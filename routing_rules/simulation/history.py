"""A scenario from a network's own days: examinations, what the rules made of them, readers and their windows; pure."""

from collections.abc import Callable, Sequence

import numpy as np

from routing_rules.simulation.examinations import (
    OFF_SUBSPECIALTY_FACTOR,
    PRIORITIES,
    USUAL_MINUTES,
    Examination,
    Network,
    hospitals_of,
)
from routing_rules.simulation.ruled_studies import Ruled
from routing_rules.simulation.scenario import Hidden, PriorityClass, Scenario, SimulatedReader, Window


def scenario_from(
    examinations: Sequence[Examination],
    network: Network,
    ruled: Ruled,
    windows: Sequence[Window],
    *,
    arrivals_per_hour: Callable[[float], float],
) -> Scenario:
    """Return the scenario; what an examination took is the simulator's alone."""
    hospitals = hospitals_of(network)
    share = np.bincount([study.hospital for study in ruled.studies], minlength=len(hospitals)).astype(float)
    of_type = np.bincount([study.examination_type for study in ruled.studies], minlength=len(ruled.types)).astype(float)
    return Scenario(
        name="own history",
        priorities=tuple(
            PriorityClass(code, minutes, weight)
            for code, minutes, weight in zip(PRIORITIES, USUAL_MINUTES, network.lateness_weights, strict=True)
        ),
        examination_types=ruled.types,
        hospitals=hospitals,
        hospital_share=share / max(1.0, share.sum()),
        readers=_simulated_readers(network, hospitals),
        windows=tuple(windows),
        off_subspecialty_factor=OFF_SUBSPECIALTY_FACTOR,
        type_share=of_type / max(1.0, of_type.sum()),
        arrivals_per_hour=arrivals_per_hour,
        studies=ruled.studies,
        hidden=_hidden(examinations, network, ruled),
        shift_starts={window.shift: window.starts_at for window in reversed(windows)},
        eligible=np.broadcast_to(ruled.eligible, (len(hospitals), *ruled.eligible.shape)),
        specialist=ruled.specialist,
        preferred=ruled.preferred,
    )


def _simulated_readers(network: Network, hospitals: Sequence[str]) -> tuple[SimulatedReader, ...]:
    barred = {code: _always_barred(network, code) for code in hospitals}
    return tuple(
        SimulatedReader(
            str(reader.reader_id),
            frozenset(code for code in hospitals if reader.reader_id not in barred[code]),
            reader.subspecialties,
            frozenset(),
            reader.speed_factor,
        )
        for reader in network.readers
    )


def _always_barred(network: Network, hospital: str) -> frozenset[int]:
    """Return the readers who may read no kind of examination of the hospital."""
    kinds = [kind for kind in network.kinds if kind.hospital == hospital]
    return frozenset.intersection(*(frozenset().union(*kind.barred.values()) for kind in kinds))


def _hidden(examinations: Sequence[Examination], network: Network, ruled: Ruled) -> Hidden:
    """What an average specialist would have taken: the reader's minutes less the reader's pace and subspecialty."""
    speed = np.array([reader.speed_factor for reader in network.readers])
    base = np.zeros(len(examinations))
    for number, (examination, study) in enumerate(zip(examinations, ruled.studies, strict=True)):
        reader = examination.read_by
        if examination.minutes is None:
            base[number] = examination.expected_minutes
        elif reader is None:
            base[number] = examination.minutes
        else:
            is_specialist = ruled.specialist[study.examination_type, reader]
            base[number] = examination.minutes / (speed[reader] * (1.0 if is_specialist else OFF_SUBSPECIALTY_FACTOR))
    raised = {
        number: examination
        for number, examination in enumerate(examinations)
        if examination.raised_at is not None and examination.raised_at > examination.arrives_at
    }
    return Hidden(
        speed_factor=speed,
        off_subspecialty_factor=OFF_SUBSPECIALTY_FACTOR,
        base_minutes=base,
        upgrades={number: float(entry.raised_at or 0.0) for number, entry in raised.items()},
        first_opening_declined=frozenset(),
        decline_minutes=0.0,
        shift_ends_at={},
        upgraded_to={number: PRIORITIES.index(entry.raised_to) for number, entry in raised.items()},
    )
