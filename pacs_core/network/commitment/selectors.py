"""The requests for storage commitment that a person may see."""

from django.db.models import F, Func, IntegerField, QuerySet

from pacs_core.access.scopes import current_scope
from pacs_core.network.commitment.models import CommitmentRequest


def _length_of(column: str) -> Func:
    return Func(F(column), function="jsonb_array_length", output_field=IntegerField())


def visible_requests() -> QuerySet[CommitmentRequest]:
    """Return the requests of the open scope's hospitals, the newest first.

    With how many instances were asked for and not committed to; the lists themselves, which may be long, stay behind.
    """
    return (
        CommitmentRequest.objects.filter(hospital_id__in=current_scope().hospital_ids)
        .select_related("hospital")
        .defer("references", "failures")
        .annotate(
            number_of_instances=_length_of("references"),
            number_not_committed=_length_of("failures"),
        )
        .order_by("-requested_at", "-pk")
    )
