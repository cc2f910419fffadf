"""Take what an AI service says about a study."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study
from pacs_core.audit.services import record_audit
from worklist.models import AiFinding, WorklistItem
from worklist.transitions import announce_item


@transaction.atomic
def record_ai_finding(
    *,
    study: Study,
    service: str,
    code: str,
    label: str,
    confidence: float | None,
    found_at: datetime,
    is_withdrawn: bool = False,
    reported_by: User | None = None,
) -> tuple[AiFinding, bool]:
    """Keep the service's word about one code of one study; return (finding, whether it was news).

    Idempotent, and messages may come out of order: only what was found later replaces what is kept. The study's item is
    announced as changed, so that rules look at it again and who reads it is told.
    """
    values = {
        "label": label,
        "confidence": confidence,
        "found_at": found_at,
        "withdrawn_at": found_at if is_withdrawn else None,
        "received_at": timezone.now(),
        "reported_by": reported_by,
    }
    finding, is_news = AiFinding.objects.get_or_create(
        study=study, service=service, code=code, defaults=values | {"hospital_id": study.hospital_id}
    )
    if not is_news:
        # The condition is looked at again by the UPDATE that waited for another one.
        is_news = AiFinding.objects.filter(pk=finding.pk, found_at__lt=found_at).update(**values) == 1
        finding.refresh_from_db()
    if is_news:
        _announce(finding)
    return finding, is_news


def _announce(finding: AiFinding) -> None:
    record_audit(
        action="ai_finding.recorded",
        object_type="study",
        object_id=finding.study_id,
        hospital_id=finding.hospital_id,
        detail={"service": finding.service, "code": finding.code, "withdrawn": finding.withdrawn_at is not None},
    )
    item = WorklistItem.objects.filter(study_id=finding.study_id).first()
    if item is None:
        return  # a prior, or not opened yet: then the rules see the finding when it is
    WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
    announce_item(item, "WorklistItemChanged", action="ai_finding", ai_finding_id=finding.pk)
