"""What the rules may ask about items, read in a fixed number of queries for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hospitals.models import Holiday
from routing_rules.engine.facts import WEEKDAYS, ExaminationFacts
from routing_rules.models import Procedure
from routing_rules.procedure_words import modality_of
from routing_rules.selectors.procedures import procedures_of
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem
from worklist.selectors.ai_findings import ai_findings_of
from worklist.services.service_levels import Agreement, agreed_minutes, agreements, asked_priority

Status = WorklistItem.Status


@dataclass(frozen=True)
class Examined:
    """An item with its facts at an instant and what else they were made from.

    `starts_at` is when the clock of the service level started, `agreed_minutes` the hospital's service level before
    any rule.
    """

    item: WorklistItem
    facts: ExaminationFacts
    procedure: Procedure | None
    agreement: Agreement
    starts_at: datetime
    agreed_minutes: int


def examined(items: Sequence[WorklistItem], *, now: datetime) -> list[Examined]:
    """Return the items' facts at `now`; needs study.patient, hospital and order loaded."""
    if not items:
        return []
    procedures, readers = procedures_of(items), _prior_readers(items)
    findings = ai_findings_of([item.study_id for item in items])
    agreed, holidays = agreements({item.hospital_id for item in items}), _holidays(now)
    found = []
    for item in items:
        agreement, procedure = agreed.get(item.hospital_id, {}), procedures[item.pk]
        starts_at = clock_start(item)
        minutes = _asked_minutes(item, agreement)
        facts = _facts(
            item,
            procedure,
            now=now,
            prior_reader=readers.get(item.study.patient_id, ""),
            ai_finding=findings.get(item.study_id, ()),
            holidays=holidays,
            elapsed_share=max(0.0, (now - starts_at) / timedelta(minutes=minutes)),
        )
        found.append(Examined(item, facts, procedure, agreement, starts_at, minutes))
    return found


def clock_start(item: WorklistItem) -> datetime:
    """Return when the clock of the item's service level started, whatever rules have made of its length."""
    return item.deadline_at - timedelta(minutes=item.service_level_minutes)


def _asked_minutes(item: WorklistItem, agreement: Agreement) -> int:
    modalities = reading_modalities(item.study.modalities, ordered=item.order.modality if item.order else "")
    return agreed_minutes(agreement, asked_priority(item.study, item.order), modalities)


def _facts(
    item: WorklistItem,
    procedure: Procedure | None,
    *,
    now: datetime,
    prior_reader: str,
    ai_finding: tuple[str, ...],
    holidays: Mapping[date, set[int | None]],
    elapsed_share: float,
) -> ExaminationFacts:
    local = now.astimezone(item.hospital.zone)
    study, order = item.study, item.order
    return ExaminationFacts(
        modality=modality_of(item),
        body_part=(order.body_part if order and order.body_part else study.body_part).upper(),
        procedure_code=(order.procedure_code if order else "") or study.procedure_code,
        description=(order.procedure_description if order else "") or study.description,
        hospital=item.hospital.code,
        priority=asked_priority(study, order),
        sex=study.patient.sex,
        weekday=WEEKDAYS[local.weekday()],
        age_years=_age(study.patient.birth_date, (study.study_at or now).astimezone(item.hospital.zone).date()),
        image_count=study.number_of_instances,
        time_of_day=local.strftime("%H:%M"),
        procedure=procedure.code if procedure else "",
        subspecialty=procedure.subspecialty if procedure else "",
        contract=item.hospital.contract,
        patient_class=order.patient_class if order else "",
        prior_reader=prior_reader,
        ai_finding=ai_finding,
        holiday=bool({item.hospital_id, None} & holidays.get(local.date(), set())),
        elapsed_share=round(elapsed_share, 4),
    )


def _prior_readers(items: Iterable[WorklistItem]) -> dict[int, str]:
    """Return the mail address of who signed the last report, by patient id."""
    rows = WorklistItem.objects.filter(
        status=Status.SIGNED, study__patient_id__in={item.study.patient_id for item in items}
    )
    latest = rows.order_by("study__patient_id", "-signed_at", "-pk").distinct("study__patient_id")
    found = latest.values_list("study__patient_id", "claimed_by__email")
    return {patient_id: email for patient_id, email in found if email}


def _holidays(now: datetime) -> dict[date, set[int | None]]:
    """Return the hospitals (None: all) with a holiday, for every day that it can be somewhere now."""
    days = (now.date() - timedelta(days=1), now.date() + timedelta(days=1))
    found: dict[date, set[int | None]] = {}
    for on, hospital_id in Holiday.objects.filter(on__range=days).values_list("on", "hospital_id"):
        found.setdefault(on, set()).add(hospital_id)
    return found


def _age(birth_date: date | None, on: date) -> int | None:
    if birth_date is None:
        return None
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
