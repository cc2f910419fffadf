"""What AI services found in studies; a finding that its service took back is none."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import QuerySet

from pacs_core.access.scopes import current_scope
from worklist.models import AiFinding


def visible_findings() -> QuerySet[AiFinding]:
    """Return the findings of the open scope's hospitals, withdrawn ones too, the newest first."""
    return (
        AiFinding.objects.filter(hospital_id__in=current_scope().hospital_ids)
        .select_related("hospital", "study")
        .order_by("-received_at", "-pk")
    )


def ai_findings_of(study_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the sorted codes found in each study by study id, without studies that have none: the fact of rules."""
    codes: dict[int, set[str]] = defaultdict(set)
    rows = AiFinding.objects.filter(study_id__in=study_ids, withdrawn_at__isnull=True)
    for study_id, code in rows.values_list("study_id", "code"):
        codes[study_id].add(code)
    return {study_id: tuple(sorted(found)) for study_id, found in codes.items()}


def findings_shown(study_id: int) -> list[AiFinding]:
    """Return a study's findings as people see them: the surest first, those without a figure last."""
    found = AiFinding.objects.filter(study_id=study_id, withdrawn_at__isnull=True)
    return sorted(found, key=lambda finding: (-(finding.confidence or 0.0), finding.label, finding.pk))
