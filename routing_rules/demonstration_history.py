"""Some weeks of plausible past for a demonstration: examinations that came, waited and were read; no images, no text.

Who read what and when comes from the simulator with the queue that people use, most urgent first, so readers never
read two at once and the rota is kept. The same seed gives the same past.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from hospitals.demonstration.cases import FAMILY_NAMES, GIVEN_NAMES
from hospitals.models import Shift
from hospitals.selectors.rota import reading_windows
from pacs_core.archive.models import Patient, Study
from routing_rules.engine.lateness import SIGMA
from routing_rules.models import ItemProcedure, ProcedureMapping
from routing_rules.selectors.history import history_of, windows_from
from routing_rules.selectors.procedures import expected_minutes
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.simulation.history import scenario_from
from routing_rules.simulation.ruled_studies import apply_rules
from routing_rules.simulation.scenario import Scenario
from routing_rules.simulation.simulator import Run, Steps, View, simulate
from worklist.models import WorklistItem
from worklist.services.service_levels import PRIORITY_RANK, agreed_minutes, agreements

# Study Instance UIDs of the past begin so: it is made once, and can be told from what was sent.
UID_ROOT = "2.25.4004."
ROWS_AT_ONCE = 2000
# Share of a weekday's arrivals by hour on the hospital's clock; a weekend has fewer by day.
_BY_HOUR = np.array([2, 2, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 7, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2], dtype=float)
_WEEKEND = np.array([2, 2, 2, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 2, 2], dtype=float)
# STAT and urgent by day, and by night, when only the emergency department sends.
_PRIORITIES = ("stat", "urgent", "routine")
_BY_DAY, _BY_NIGHT = (0.07, 0.25, 0.68), (0.28, 0.47, 0.25)
_NIGHT_HOURS = frozenset((*range(0, 7), *range(20, 24)))
_IN_THE_WAY = 2.0


@dataclass(frozen=True)
class _Came:
    """An examination to be made: under which of a hospital's names it came, when, how urgent."""

    mapping: ProcedureMapping
    at: datetime
    priority: str


def load_history(*, days: int, per_day: float, seed: int, now: datetime) -> int:
    """Make the past `days` of every hospital with mapped procedures; return how many examinations it holds.

    Needs a scope over all hospitals, readers with a coming rota and rules in force. Nothing is made a second time.
    """
    if Study.objects.filter(study_instance_uid__startswith=UID_ROOT).exists():
        return 0
    chance, start = np.random.default_rng(seed), now - timedelta(days=days)
    _copy_rota_back(days, now)
    came = sorted(_arrivals(start, now, per_day, chance), key=lambda one: one.at)
    for begin in range(0, len(came), ROWS_AT_ONCE):
        _make(came[begin : begin + ROWS_AT_ONCE], begin, chance)
    return _read(start, now, chance)


def _copy_rota_back(days: int, now: datetime) -> None:
    """Give the past the shifts of the coming week, week by week; where there are shifts already, they stay."""
    week = timedelta(days=7)
    coming = list(Shift.objects.filter(starts_at__gte=now, starts_at__lt=now + week, is_on_call=False))
    Shift.objects.bulk_create(
        (
            Shift(radiologist_id=shift.radiologist_id, starts_at=shift.starts_at - back, ends_at=shift.ends_at - back)
            for number in range(1, days // 7 + 2)
            for shift in coming
            for back in (number * week,)
            if shift.ends_at - back < now
        ),
        ignore_conflicts=True,
    )


def _arrivals(start: datetime, now: datetime, per_day: float, chance: np.random.Generator) -> Iterator[_Came]:
    mappings = ProcedureMapping.objects.filter(procedure__isnull=False, hospital__is_active=True)
    by_hospital: dict[int, list[ProcedureMapping]] = {}
    for mapping in mappings.select_related("hospital", "procedure").order_by("pk"):
        by_hospital.setdefault(mapping.hospital_id, []).append(mapping)
    total = sum(len(names) for names in by_hospital.values())
    for names in by_hospital.values():
        zone = names[0].hospital.zone
        # Short examinations are the many.
        share = np.array([1 / name.procedure.expected_minutes for name in names if name.procedure])
        share /= share.sum()
        expected = per_day * len(names) / total
        at = start.replace(minute=0, second=0, microsecond=0)
        while at < now:
            local = at.astimezone(zone)
            by_hour = _WEEKEND if local.weekday() >= 5 else _BY_HOUR
            for _ in range(int(chance.poisson(expected * by_hour[local.hour] / _BY_HOUR.sum()))):
                came_at = at + timedelta(minutes=float(chance.uniform(0, 60)))
                if start <= came_at < now:
                    name = names[int(chance.choice(len(names), p=share))]
                    odds = _BY_NIGHT if local.hour in _NIGHT_HOURS else _BY_DAY
                    yield _Came(name, came_at, str(chance.choice(_PRIORITIES, p=odds)))
            at += timedelta(hours=1)


def _make(came: Sequence[_Came], begin: int, chance: np.random.Generator) -> None:
    patients = Patient.objects.bulk_create([_patient(one, begin + number, chance) for number, one in enumerate(came)])
    studies = Study.objects.bulk_create(
        [_study(one, begin + number, patients[number]) for number, one in enumerate(came)]
    )
    agreed = agreements({one.mapping.hospital_id for one in came})
    items = WorklistItem.objects.bulk_create(
        [
            _item(one, study, agreed_minutes(agreed.get(study.hospital_id, {}), one.priority, tuple(study.modalities)))
            for one, study in zip(came, studies, strict=True)
        ]
    )
    ItemProcedure.objects.bulk_create(
        ItemProcedure(hospital_id=item.hospital_id, worklist_item=item, mapping=one.mapping)
        for one, item in zip(came, items, strict=True)
    )


def _patient(one: _Came, number: int, chance: np.random.Generator) -> Patient:
    sex = str(chance.choice(("F", "M")))
    is_child = one.mapping.procedure is not None and one.mapping.procedure.subspecialty == "paediatric"
    age = int(chance.integers(0, 14)) if is_child else int(chance.integers(18, 92))
    family = FAMILY_NAMES[int(chance.integers(len(FAMILY_NAMES)))]
    given = GIVEN_NAMES[sex][int(chance.integers(len(GIVEN_NAMES[sex])))]
    return Patient(
        hospital_id=one.mapping.hospital_id,
        patient_id=f"H{number:07}",
        issuer_of_patient_id=one.mapping.hospital.issuer_of_patient_id,
        name=f"{family}^{given}",
        birth_date=date(one.at.year - age - 1, 1 + number % 12, 1 + number % 28),
        sex=sex,
    )


def _study(one: _Came, number: int, patient: Patient) -> Study:
    procedure = one.mapping.procedure
    return Study(
        hospital_id=one.mapping.hospital_id,
        patient=patient,
        study_instance_uid=f"{UID_ROOT}{number + 1}",
        accession_number=f"H{number:07}",
        issuer_of_accession_number=one.mapping.hospital.issuer_of_accession_number,
        study_at=one.at - timedelta(minutes=12),
        description=one.mapping.local_description[:64],
        procedure_code=one.mapping.local_code,
        modalities=[one.mapping.modality or (procedure.modality if procedure else "OT")],
        body_part=procedure.body_part if procedure else "",
        priority=one.priority,
        first_received_at=one.at,
        last_received_at=one.at,
        completed_at=one.at,
    )


def _item(one: _Came, study: Study, minutes: int) -> WorklistItem:
    return WorklistItem(
        hospital_id=study.hospital_id,
        study=study,
        priority=one.priority,
        priority_rank=PRIORITY_RANK[one.priority],
        service_level_minutes=minutes,
        opened_at=one.at,
        deadline_at=one.at + timedelta(minutes=minutes),
        expected_minutes=round(expected_minutes(one.mapping.procedure, study.modalities[0]), 1),
    )


def _read(start: datetime, now: datetime, chance: np.random.Generator) -> int:
    """Let the readers of the rota read what came; what is unread by now is taken out again. Return what is left."""
    history = history_of(start, now, now=now)
    drawn = chance.lognormal(-(SIGMA**2) / 2, SIGMA, len(history.items))
    examinations = [
        replace(entry, minutes=max(0.5, float(entry.expected_minutes * drawn[number])))
        for number, entry in enumerate(history.examinations)
    ]
    # Who signed is all that the past tells, and that is never a resident.
    rules = [rule | {"then": _without_reading(rule["then"])} for rule in rule_set_in_force().rules]
    ruled = apply_rules(examinations, history.network, rules)
    windows = windows_from(reading_windows(start, now), start, history.network)
    scenario = scenario_from(examinations, history.network, ruled, windows, arrivals_per_hour=history.arrivals_per_hour)
    run = simulate(scenario, _MostUrgentFirst(scenario), leave_unread=True)
    ids = [entry.item_id for entry in examinations]
    readers = [reader.reader_id for reader in history.network.readers]
    own = WorklistItem.objects.filter(pk__in=ids, study__study_instance_uid__startswith=UID_ROOT).in_bulk()
    signed = list(_signed(run, [own.get(pk) for pk in ids], readers, start, now))
    # One statement that inserts into what is there; bulk_update's chain of CASEs grows with the square of its rows.
    WorklistItem.objects.bulk_create(
        signed,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["status", "assigned_to", "assigned_at", "claimed_by", "claimed_at", "signed_at"],
        batch_size=1000,
    )
    kept = {item.pk for item in signed}
    _take_out({pk: item.study_id for pk, item in own.items() if pk not in kept})
    return len(signed)


def _without_reading(effects: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in effects.items() if name != "reading"}


class _MostUrgentFirst:
    """The queue that people use, as simulation.policies has it, for weeks with long queues."""

    name = "most urgent first"

    def __init__(self, scenario: Scenario) -> None:
        self.eligible = scenario.is_eligible()

    def decide(self, view: View) -> Steps:
        idle = view.idle_readers()
        if not idle or not view.waiting:
            return Steps()
        waiting = sorted(view.waiting.values(), key=lambda item: (item.priority, item.study.arrives_at, item.number))
        studies = [(item.study.hospital, item.study.examination_type) for item in waiting]
        hospitals, types = np.array(studies).T
        able = self.eligible[hospitals, types][:, idle]
        openings = []
        for column, reader in enumerate(idle):
            row = int(able[:, column].argmax())
            if able[row, column]:
                openings.append((reader, waiting[row].number))
                able[row] = False
        return Steps(tuple(openings))


def _signed(
    run: Run, items: Sequence[WorklistItem | None], readers: Sequence[int], start: datetime, now: datetime
) -> Iterator[WorklistItem]:
    for item, record in zip(items, run.records, strict=True):
        if item is None or not record.readings:
            continue
        reader, opened_at, signed_at, _declined = record.readings[-1]
        ends = start + timedelta(minutes=float(signed_at or 0.0))
        if signed_at is None or ends >= now - timedelta(minutes=_IN_THE_WAY):
            continue
        begins = start + timedelta(minutes=float(opened_at))
        item.status, item.signed_at = WorklistItem.Status.SIGNED, ends
        item.assigned_to_id = item.claimed_by_id = readers[reader]
        item.assigned_at = item.claimed_at = begins
        yield item


def _take_out(unread: dict[int, int]) -> None:
    """Remove these items with their studies; the keys are items, the values studies."""
    studies = Study.objects.filter(pk__in=unread.values())
    patients = list(studies.values_list("patient_id", flat=True))
    WorklistItem.objects.filter(pk__in=unread).delete()
    studies.delete()
    Patient.objects.filter(pk__in=patients).delete()
