"""Learn reading times from the network's finished readings; one run at a time, with its progress on a row."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.audit.services import record_audit
from routing_rules.engine.reading_times import Learnt, Reading, learn
from routing_rules.errors import LearningUnderWay
from routing_rules.models import LearningRun, LearntReadingTime, Procedure
from routing_rules.services.procedures import note_procedure
from worklist.models import WorklistItem, WorklistItemTransition

# Older readings say how it was once: people change, and so do scanners and macros.
DAYS_LOOKED_AT = 180
NOTED_AT_ONCE = 500
# A run whose worker was lost is begun again after this long without a sign of life.
SILENT_FOR = timedelta(minutes=2)
Status = LearningRun.Status


def request_learning(*, user: User | None = None) -> LearningRun:
    """Write down that reading times are to be learnt now; LearningUnderWay while a run waits or works."""
    try:
        with transaction.atomic():
            run = LearningRun.objects.create(requested_by=user, progress_words="Waiting for a worker")
    except IntegrityError as error:
        raise LearningUnderWay("Reading times are being learnt already. Maybe wait until that run ends.") from error
    record_audit(action="reading_times.requested", object_type="learning_run", object_id=run.pk)
    return run


def carry_out(*, learning_run_id: int) -> bool:
    """Do a run that waits, or whose worker was lost; return False when another worker has it. Safe to call again."""
    now = timezone.now()
    free = LearningRun.objects.filter(pk=learning_run_id).filter(
        Q(status=Status.WAITING) | Q(status=Status.RUNNING, heartbeat_at__lt=now - SILENT_FOR)
    )
    if free.update(status=Status.RUNNING, heartbeat_at=now) == 0:
        return False
    try:
        learn_reading_times(now=now, run_id=learning_run_id)
    except Exception:
        _tell(learning_run_id, status=Status.FAILED, progress_words="Failed; the log says why", finished_at=now)
        raise
    return True


def learn_reading_times(*, now: datetime, run_id: int | None = None) -> Learnt:
    """Learn from what was signed in the last DAYS_LOOKED_AT days, and store it in the place of what was learnt before.

    Needs no open scope. `run_id`: the LearningRun that shows progress.
    """
    since = now - timedelta(days=DAYS_LOOKED_AT)
    _note_what_was_missed(since, run_id)
    _tell(run_id, progress=0.5, progress_words="Reading what was signed")
    with open_scope(all_hospitals_scope(process="learning")):
        readings, moments = _finished_readings(since, now), _begun_cases(since, now)
    catalogue = dict(Procedure.objects.values_list("pk", "expected_minutes"))
    _tell(run_id, progress=0.7, progress_words=f"Comparing {len(readings)} readings", readings_found=len(readings))
    learnt = learn(readings, catalogue, other_moments=moments)
    _store(learnt, now)
    _tell(
        run_id,
        status=Status.DONE,
        progress=1.0,
        progress_words="Done",
        readings_used=learnt.readings_used,
        left_out=learnt.left_out,
        finished_at=timezone.now(),
    )
    return learnt


def _note_what_was_missed(since: datetime, run_id: int | None) -> None:
    """Note finished items that have no row in the map: signed before it existed."""
    done = 0
    while True:
        with open_scope(all_hospitals_scope(process="learning")):
            missing = (
                WorklistItem.objects.filter(status="signed", signed_at__gte=since, item_procedure__isnull=True)
                .select_related("study", "order")
                .order_by("pk")[:NOTED_AT_ONCE]
            )
            items = list(missing)
            for item in items:
                note_procedure(item)
        done += len(items)
        if len(items) < NOTED_AT_ONCE:
            return
        _tell(run_id, progress=0.5 * done / (done + NOTED_AT_ONCE), progress_words=f"Noted {done} earlier items")


def _finished_readings(since: datetime, now: datetime) -> list[Reading]:
    mapped = WorklistItem.objects.filter(
        status="signed",
        signed_at__gte=since,
        signed_at__lte=now,
        claimed_at__isnull=False,
        claimed_by__isnull=False,
        item_procedure__mapping__procedure__isnull=False,
    ).annotate(
        beginnings=Count("transitions", filter=Q(transitions__action="claim")),
        refusals=Count("transitions", filter=Q(transitions__action="signing_failed")),
    )
    rows = mapped.order_by("pk").values_list(
        "pk",
        "item_procedure__mapping__procedure_id",
        "claimed_by_id",
        "claimed_at",
        "signed_at",
        "beginnings",
        "refusals",
    )
    return [
        Reading(pk, procedure_id, reader_id, _minutes(started), _minutes(finished), beginnings > 1 or refusals > 0)
        for pk, procedure_id, reader_id, started, finished, beginnings, refusals in rows.iterator()
    ]


def _begun_cases(since: datetime, now: datetime) -> dict[int, list[float]]:
    """When each reader began any case, also one that was put back: it interrupts whatever was open."""
    claims = WorklistItemTransition.objects.filter(action="claim", actor__isnull=False, at__gte=since, at__lte=now)
    found: dict[int, list[float]] = defaultdict(list)
    for reader_id, at in claims.values_list("actor_id", "at").iterator():
        found[reader_id].append(_minutes(at))
    return found


@transaction.atomic
def _store(learnt: Learnt, now: datetime) -> None:
    LearntReadingTime.objects.all().delete()
    LearntReadingTime.objects.bulk_create(
        LearntReadingTime(
            procedure_id=key,
            minutes=minutes,
            number_of_readings=learnt.readings_of_procedure.get(key, 0),
            learnt_at=now,
        )
        for key, minutes in learnt.minutes.items()
        if learnt.readings_of_procedure.get(key)
    )
    LearntReadingTime.objects.bulk_create(
        LearntReadingTime(
            radiologist_id=key,
            speed_factor=factor,
            number_of_readings=learnt.readings_of_reader.get(key, 0),
            learnt_at=now,
        )
        for key, factor in learnt.speed_factors.items()
        if learnt.readings_of_reader.get(key)
    )


def _tell(run_id: int | None, **values: object) -> None:
    if run_id is not None:
        LearningRun.objects.filter(pk=run_id).update(heartbeat_at=timezone.now(), **values)


def _minutes(at: datetime) -> float:
    return (at - _EPOCH).total_seconds() / 60


_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
