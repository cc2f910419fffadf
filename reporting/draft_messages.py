"""The answers to a save, the same over the WebSocket and REST."""

from typing import Any

from reporting.services.drafts import DraftConflict, DraftSaved


def message_of(outcome: DraftSaved | DraftConflict, *, request_id: Any) -> dict[str, Any]:
    if isinstance(outcome, DraftSaved):
        return {
            "type": "saved",
            "request_id": str(request_id),
            "version": outcome.version,
            "saved_at": outcome.saved_at.isoformat(),
            "checks": [check.as_message() for check in outcome.checks],
        }
    return {
        "type": "conflict",
        "request_id": str(request_id),
        "version": outcome.version,
        "sections": outcome.sections,
        "saved_by": outcome.saved_by,
        "saved_at": outcome.saved_at.isoformat(),
    }
