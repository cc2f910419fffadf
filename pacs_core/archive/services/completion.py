"""A study is complete when the rules of the nodes that sent it say so (completion_rules.py)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Value
from django.db.models.functions import Now
from django.utils import timezone

from pacs_core import flow
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.completion_rules import CompletionRule, StepsOfStudy, completed_by
from pacs_core.archive.models import Instance, PerformedProcedureStep, ReceivedInstance, ScheduledStepAttributes, Study
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

BATCH = 200
# Hospital and AE title of a node -> its rule.
Rules = Mapping[tuple[int, str], CompletionRule]


def complete_studies() -> int:
    """Complete the studies that are, of which nothing waits to be indexed; return how many. Opens its own scopes."""
    rules: Rules = flow.resolve("completion_rules")()
    completed = batch = _complete_quiet(rules)
    while batch == BATCH:
        completed += (batch := _complete_quiet(rules))
    last_id: int | None = 0 if rules else None
    while last_id is not None:
        number, last_id = _complete_by_rules(rules, after=last_id)
        completed += number
    return completed


def _complete_quiet(rules: Rules) -> int:
    """Complete a batch at hospitals where quiet time is all there is: one statement finds them."""
    with open_scope(all_hospitals_scope(process="completion")):
        quiet = ExpressionWrapper(
            F("hospital__quiet_seconds") * Value(timedelta(seconds=1)), output_field=DurationField()
        )
        studies = _growing().exclude(hospital_id__in={hospital_id for hospital_id, _ in rules})
        due = studies.filter(last_received_at__lte=Now() - quiet).order_by("pk")[:BATCH]
        return _complete(dict.fromkeys(due, Study.CompletedBy.QUIET_TIME))


def _complete_by_rules(rules: Rules, *, after: int) -> tuple[int, int | None]:
    """Judge a batch of growing studies at the other hospitals; return (completed, last id looked at or None)."""
    now = timezone.now()
    with open_scope(all_hospitals_scope(process="completion")):
        ruled = _growing().filter(hospital_id__in={hospital_id for hospital_id, _ in rules}, pk__gt=after)
        studies = list(ruled.select_related("hospital").order_by("pk")[:BATCH])
        of_study = _rules_of(studies, rules)
        steps = _steps_of(
            [study for study in studies if any(rule.kind == "performed_step" for rule in of_study[study])]
        )
        judged = {
            study: completed_by(study, of_study[study], steps.get(study, StepsOfStudy()), now) for study in studies
        }
        number = _complete({study: by for study, by in judged.items() if by})
    return number, studies[-1].pk if len(studies) == BATCH else None


def _growing() -> "QuerySet[Study]":
    """Return the studies that are not complete and of which nothing waits to be indexed, locked."""
    waiting = ReceivedInstance.objects.filter(
        study_instance_uid=OuterRef("study_instance_uid"), outcome=ReceivedInstance.Outcome.PENDING
    )
    studies = Study.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    return studies.filter(~Exists(waiting), completed_at__isnull=True)


def _rules_of(studies: Sequence[Study], rules: Rules) -> dict[Study, list[CompletionRule]]:
    """Return the rule of each node that sent a part of the study; who has none of its own has the hospital's."""
    titles: dict[tuple[int, str], set[str]] = defaultdict(set)
    sent = ReceivedInstance.objects.filter(study_instance_uid__in=[study.study_instance_uid for study in studies])
    for hospital_id, uid, title in sent.values_list("hospital_id", "study_instance_uid", "calling_ae_title").distinct():
        titles[hospital_id, uid].add(title)
    return {
        study: [
            rules.get((study.hospital_id, title), CompletionRule())
            for title in sorted(titles[study.hospital_id, study.study_instance_uid])
        ]
        for study in studies
    }


def _steps_of(studies: Sequence[Study]) -> dict[Study, StepsOfStudy]:
    named: dict[tuple[int, str], list[PerformedProcedureStep]] = defaultdict(list)
    scheduled = ScheduledStepAttributes.objects.filter(
        study_instance_uid__in=[study.study_instance_uid for study in studies]
    )
    for one in scheduled.select_related("performed_step").defer("performed_step__attributes"):
        named[one.hospital_id, one.study_instance_uid].append(one.performed_step)
    found = {study: named[study.hospital_id, study.study_instance_uid] for study in studies}
    return {study: _said_by(study, steps) for study, steps in found.items() if steps}


def _said_by(study: Study, steps: Sequence[PerformedProcedureStep]) -> StepsOfStudy:
    if any(step.status == PerformedProcedureStep.Status.IN_PROGRESS for step in steps):
        return StepsOfStudy()
    uids = {uid for step in steps for uid in step.named_sop_instance_uids}
    # One that was rejected since has come, too.
    filed = Instance.kept.filter(hospital_id=study.hospital_id, sop_instance_uid__in=uids).count() if uids else 0
    return StepsOfStudy(are_ended=True, names_instances=bool(uids), are_filed=filed == len(uids))


def _complete(by_study: Mapping[Study, str]) -> int:
    """Complete locked studies; each is announced once."""
    for by in set(by_study.values()):
        ids = [study.pk for study, reason in by_study.items() if reason == by]
        Study.objects.filter(pk__in=ids).update(completed_at=Now(), completed_by=by)
    for study, by in by_study.items():
        emit_event("StudyCompleted", hospital_id=study.hospital_id, study_id=study.pk)
        record_audit(
            action="study.completed",
            object_type="study",
            object_id=study.pk,
            hospital_id=study.hospital_id,
            detail={"by": by},
        )
    return len(by_study)
