"""Add to the audit trail."""

from collections.abc import Iterable, Mapping
from typing import Any

from pacs_core.access.scopes import current_scope
from pacs_core.audit.models import AuditEntry


def record_audit(
    *,
    action: str,
    object_type: str = "",
    object_id: int | str = "",
    hospital_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Record that the open scope's principal did `action` ("report.downloaded"); `detail` takes ids and codes only."""
    _entry(
        {
            "action": action,
            "object_type": object_type,
            "object_id": object_id,
            "hospital_id": hospital_id,
            "detail": detail,
        }
    ).save(force_insert=True)


def record_audits(entries: Iterable[Mapping[str, Any]]) -> None:
    """Record many at once, each the arguments of `record_audit` by name."""
    AuditEntry.objects.bulk_create([_entry(values) for values in entries])


def _entry(values: Mapping[str, Any]) -> AuditEntry:
    principal = current_scope().principal
    return AuditEntry(
        hospital_id=values.get("hospital_id"),
        actor_id=principal.user_id,
        actor_role=principal.role,
        process=principal.process,
        address=principal.address,
        action=values["action"],
        object_type=values.get("object_type", ""),
        object_id=str(values.get("object_id", "")),
        detail=values.get("detail") or {},
    )
