"""A study is complete when its hospital's quiet time has passed without a new image."""

from datetime import timedelta

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Value
from django.db.models.functions import Now

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.models import ReceivedInstance, Study
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

BATCH = 200


def complete_quiet_studies() -> int:
    """Complete studies whose quiet time has passed and of which nothing waits to be indexed; return how many."""
    with open_scope(all_hospitals_scope(process="completion")):
        quiet = ExpressionWrapper(
            F("hospital__quiet_seconds") * Value(timedelta(seconds=1)), output_field=DurationField()
        )
        waiting = ReceivedInstance.objects.filter(
            study_instance_uid=OuterRef("study_instance_uid"), outcome=ReceivedInstance.Outcome.PENDING
        )
        studies = list(
            Study.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
            .filter(~Exists(waiting), completed_at__isnull=True, last_received_at__lte=Now() - quiet)
            .order_by("pk")[:BATCH]
        )
        Study.objects.filter(pk__in=[study.pk for study in studies]).update(completed_at=Now())
        for study in studies:
            emit_event("StudyCompleted", hospital_id=study.hospital_id, study_id=study.pk)
            record_audit(
                action="study.completed", object_type="study", object_id=study.pk, hospital_id=study.hospital_id
            )
    return len(studies)
