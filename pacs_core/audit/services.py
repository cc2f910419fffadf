"""Add to the audit trail."""

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
    principal = current_scope().principal
    AuditEntry.objects.create(
        hospital_id=hospital_id,
        actor_id=principal.user_id,
        actor_role=principal.role,
        process=principal.process,
        address=principal.address,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        detail=detail or {},
    )
