"""Open items for studies, keep them in step with images and orders."""

from dataclasses import asdict

from django.db import transaction
from django.db.models import F

from pacs_core.archive.models import Study
from pacs_core.audit.services import record_audit
from pacs_core.network.nodes.selectors import received_for_reading_at
from worklist.models import Order, WorklistItem, WorklistItemTransition
from worklist.services.examinations import note_examined
from worklist.services.holding import NOBODY
from worklist.services.matching import (
    Match,
    items_that_could_meet,
    lock_order_names,
    lock_study_names,
    match_study,
    named_studies,
)
from worklist.services.service_levels import ruled_urgency_of, urgency_of
from worklist.transitions import CANCELLED, SIGNED, announce_item, complete_transition, lock_item, locked_item

Reconciliation = WorklistItem.Reconciliation


@transaction.atomic
def open_worklist_item(*, study_id: int) -> WorklistItem | None:
    """Open the study's item, with its order when that is here; safe to call again.

    None for a study that only nodes for priors sent and no order names: it shows beside later studies of its patient.
    """
    study = Study.kept.get(pk=study_id)
    lock_study_names(study)
    existing = WorklistItem.objects.filter(study=study).first()
    if existing is not None:
        return existing
    match = match_study(study)
    is_asked_for = match != Match() and match.reason != Reconciliation.ORDER_CANCELLED
    if not is_asked_for and received_for_reading_at(study) is None:
        return None
    return _open(study, match)


def _open(study: Study, match: Match) -> WorklistItem:
    item = WorklistItem.objects.create(
        hospital_id=study.hospital_id,
        study=study,
        order=match.order,
        reconciliation_reason=match.reason,
        **asdict(urgency_of(study, match.order)),
    )
    WorklistItemTransition.objects.create(
        hospital_id=item.hospital_id, worklist_item=item, action="open", to_status=item.status
    )
    note_examined(item)
    announce_item(item, "WorklistItemOpened", action="open", **({"order_id": item.order_id} if item.order_id else {}))
    record_audit(
        action="worklist_item.open", object_type="worklist_item", object_id=item.pk, hospital_id=item.hospital_id
    )
    return item


@transaction.atomic
def note_study_growth(*, study_id: int, late_images: int = 0) -> None:
    """Show new counts; images that came after completion are late: they reopen nothing, the holder is told.

    Call it once a batch of images (an event's receipt sees to that): late images add up. A study without an item gets
    one, unless it is a prior.
    """
    item = _locked_item_of_study(study_id)
    if item is None:
        open_worklist_item(study_id=study_id)
        return
    refresh_urgency(item)
    WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1, late_images=F("late_images") + late_images)
    if late_images:
        announce_item(item, "LateImagesArrived", late_images=late_images)
    else:
        announce_item(item, "WorklistItemChanged", action="images")


@transaction.atomic
def note_study_complete(*, study_id: int) -> None:
    """Show that the study's images are all here; its order needs no scanner any more."""
    item = _locked_item_of_study(study_id)
    if item is None:
        open_worklist_item(study_id=study_id)
        return
    note_examined(item)
    WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
    announce_item(item, "WorklistItemChanged", action="complete")


@transaction.atomic
def apply_order(*, order_id: int, has_changed: bool = False) -> list[int]:
    """Bring every item the order concerns in step with it; return their ids. A prior that it names is opened.

    `has_changed`: the order's text is another one, so its items are told even if they themselves stay the same.
    """
    order = Order.objects.get(pk=order_id)
    lock_order_names(order)
    items = items_that_could_meet(order)
    opened = _open_named_priors(order)
    for item in items:
        is_other = _rematch(item)
        is_other = refresh_urgency(item) or is_other
        note_examined(item)
        _follow_status(item, order, is_other=is_other or has_changed)
    return [item.pk for item in items] + opened


def _open_named_priors(order: Order) -> list[int]:
    """Open what was filed as a prior and is now ordered to be read; the order's names are locked.

    They hold off everyone else who could open these studies, since each of them shares one of the names.
    """
    if order.status == Order.Status.CANCELLED:
        return []
    studies = named_studies(order).filter(worklist_item__isnull=True).order_by("pk")
    return [_open(study, match_study(study)).pk for study in studies]


@transaction.atomic
def reopen_worklist_item(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Put a cancelled item back among the unassigned ones; the rules then look at it."""
    item = complete_transition(locked_item(worklist_item_id, "reopen"), "reopen", changes={}, reason=reason)
    refresh_urgency(item)
    return item


def bring_item_in_step(item: WorklistItem) -> None:
    """Match the locked item's study again, and its urgency; the study's names are locked."""
    _rematch(item)
    refresh_urgency(item)


def _locked_item_of_study(study_id: int) -> WorklistItem | None:
    found = WorklistItem.objects.filter(study_id=study_id).values_list("pk", flat=True).first()
    return None if found is None else lock_item(found)


def _rematch(item: WorklistItem) -> bool:
    """Attach the order that is now known; a doubt never detaches an order silently, it flags the item."""
    match = match_study(item.study)
    if item.reconciled_at is not None and not _answers_no_order(item, match):
        return False
    if match.reason == Reconciliation.ORDER_CANCELLED and item.order_id:
        match = Match(match.order)  # cancelled after the images came: the item's status tells that
    order = match.order or item.order
    if (order and order.pk) == item.order_id and match.reason == item.reconciliation_reason:
        item.order = order
        return False
    values = {"order": order, "reconciliation_reason": match.reason, "reconciled_at": None}
    WorklistItem.objects.filter(pk=item.pk).update(**values)
    item.order, item.reconciliation_reason, item.reconciled_at = order, match.reason, None
    return True


def _answers_no_order(item: WorklistItem, match: Match) -> bool:
    """Say whether a person found no order, and one that fits without a doubt has come or was corrected since."""
    if item.order_id or match.order is None or match.reason or item.reconciled_at is None:
        return False
    return match.order.changed_at > item.reconciled_at


def refresh_urgency(item: WorklistItem) -> bool:
    """Work priority and deadline out again while there is something to be late with."""
    if item.status in (SIGNED, CANCELLED):
        return False
    values = asdict(urgency_of(item.study, item.order, ruled_urgency_of(item)))
    if all(getattr(item, name) == value for name, value in values.items()):
        return False
    WorklistItem.objects.filter(pk=item.pk).update(**values)
    for name, value in values.items():
        setattr(item, name, value)
    return True


def _follow_status(item: WorklistItem, order: Order, *, is_other: bool) -> None:
    """Cancel or reopen the item with its order; whoever reads or signs it only hears of the change."""
    is_cancelled = order.status == Order.Status.CANCELLED
    if item.order_id == order.pk and not item.reconciliation_reason:
        if is_cancelled and item.status in ("unassigned", "assigned"):
            complete_transition(item, "cancel", changes=NOBODY, reason="The order was cancelled", order_id=order.pk)
            return
        is_to_be_seen = not item.study.is_hidden
        if not is_cancelled and is_to_be_seen and item.status == CANCELLED and _was_cancelled_by_order(item):
            complete_transition(item, "reopen", changes={}, reason="The order was placed again", order_id=order.pk)
            return
    if is_other:
        WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
        announce_item(item, "WorklistItemChanged", action="order", order_id=order.pk)


def _was_cancelled_by_order(item: WorklistItem) -> bool:
    last = item.transitions.filter(action="cancel").order_by("-pk").first()
    return last is not None and last.actor_id is None
