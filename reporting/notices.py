"""What an open editor is told when its examination changes elsewhere."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reporting.models import ReportVersion
from reporting.selectors.reports import address_of_pdf
from worklist.models import AiFinding

_IMAGES = ("LateImagesArrived", "StudyGrew")
_ORDER = ("OrderReceived", "OrderChanged", "OrderCancelled", "WorklistItemChanged")
_CLAIM = ("WorklistItemClaimed", "WorklistItemReleased", "WorklistItemAssigned")
_SIGNATURE = ("ReportSigned", "ReportSigningFailed")


@dataclass(frozen=True, kw_only=True)
class NoticeContext:
    """The ids by which a hint concerns an editor, and who holds the examination."""

    user_id: int
    hospital_id: int
    report_id: int
    worklist_item_id: int
    study_id: int
    order_id: int | None
    holder_id: int | None
    holder_name: str
    assigned_name: str = ""
    is_free: bool = False

    def concerns(self, hint: dict[str, Any]) -> bool:
        """Say whether a hint is about this report's examination, or about what its reader may see."""
        ids, event = hint["ids"], hint["event"]
        if event == "AccessChanged":
            return self.user_id in ids.get("user_ids", ())
        if event not in ("StudyAnnotated", *_IMAGES, *_ORDER, *_CLAIM, *_SIGNATURE):
            return False
        mine = {
            "report_id": self.report_id,
            "worklist_item_id": self.worklist_item_id,
            "study_id": self.study_id,
            "order_id": self.order_id,
        }
        return any(value is not None and ids.get(name) == value for name, value in mine.items())


def notice_of_hint(hint: dict[str, Any], *, before: NoticeContext, now: NoticeContext) -> dict[str, Any] | None:
    """Return the notice for a hint that concerns the editor, or None when nothing has to be said."""
    event = hint["event"]
    if event in _IMAGES:
        return _notice(event, _("New images arrived for this examination."))
    if event == "StudyAnnotated":
        return _notice(event, _("Measurements or key images were stored with this examination."))
    if event in _CLAIM:
        return _claim_notice(event, before, now)
    if event in _SIGNATURE:
        return _signature_notice(event, hint["ids"])
    if event in ("OrderChanged", "OrderCancelled", "OrderReceived"):
        return _notice(event, _order_message(event))
    if event == "WorklistItemChanged" and hint["ids"].get("action") == "ai_finding":
        return _finding_notice(hint["ids"])
    if event == "WorklistItemChanged" and now.order_id != before.order_id:
        return _notice("OrderChanged", _order_message("OrderChanged"))
    return None


def _finding_notice(ids: dict[str, Any]) -> dict[str, Any] | None:
    """Tell a reader what an AI service found, or took back, while the examination is open."""
    finding = AiFinding.objects.filter(pk=ids.get("ai_finding_id")).first()
    if finding is None:
        return None
    words = {"label": finding.label, "service": finding.service}
    if finding.withdrawn_at is not None:
        return _notice("AiFinding", _("AI: %(service)s takes back: %(label)s.") % words)
    if finding.confidence is None:
        return _notice("AiFinding", _("AI: %(label)s (%(service)s), not a diagnosis.") % words)
    words["confidence"] = f"{finding.confidence:.2f}"
    return _notice("AiFinding", _("AI: %(label)s (%(confidence)s, %(service)s), not a diagnosis.") % words)


def _order_message(event: str) -> str:
    if event == "OrderCancelled":
        return _("The order was cancelled by the hospital.")
    return _("The order was changed. Look at it again before signing.")


def _claim_notice(event: str, before: NoticeContext, now: NoticeContext) -> dict[str, Any] | None:
    """Say who reads the examination now; one's own claim is no news."""
    if now.holder_id == now.user_id:
        return None
    if before.holder_id != now.user_id:
        return _notice_to_onlooker(event, now)
    if now.holder_id is None:
        message = _("This examination was given back. What you write is no longer saved.")
    else:
        message = _("%(name)s now reads this examination. What you write is no longer saved.") % {
            "name": now.holder_name
        }
    return _notice(event, message, holder=now.holder_name, read_only=True)


def _notice_to_onlooker(event: str, now: NoticeContext) -> dict[str, Any]:
    """Tell someone who only looks on; a free examination can be claimed by opening it again."""
    if now.holder_id is not None:
        message = _("%(name)s reads this examination.") % {"name": now.holder_name}
    elif now.is_free:
        message = _("This examination is free again: you can claim it.")
    else:
        message = _("This examination waits for %(name)s.") % {"name": now.assigned_name}
    return _notice(event, message, holder=now.holder_name, read_only=True, may_claim=now.is_free)


def _signature_notice(event: str, ids: dict[str, Any]) -> dict[str, Any] | None:
    version = ReportVersion.objects.filter(pk=ids.get("report_version_id")).first()
    if version is None:
        return None
    if event == "ReportSigningFailed":
        message = _("The report could not be signed: %(reason)s") % {"reason": version.failure}
        return _notice(event, message, reason=version.failure)
    return _notice(
        event,
        _("The report is signed."),
        pdf_url=address_of_pdf(version),
        version=version.number,
        level=version.level,
    )


def _notice(event: str, message: str, **more: Any) -> dict[str, Any]:
    return {"type": "notice", "event": event, "message": message, **more}
