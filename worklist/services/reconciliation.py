"""A person decides which order belongs to a study where matching had to doubt."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audit
from worklist.errors import ActionNotAllowed, NothingToReconcile, OrderNotLinkable, ReasonMissing
from worklist.models import Order, WorklistItem, WorklistItemTransition
from worklist.selectors.reconciliation import RECONCILABLE, can_be_reconciled
from worklist.services.matching import lock_order_names
from worklist.services.opening import refresh_urgency
from worklist.transitions import announce_item, lock_item


@transaction.atomic
def resolve_reconciliation(*, worklist_item_id: int, user: User, order_id: int | None, reason: str) -> WorklistItem:
    """Link the item to this order of its hospital, whoever it is for, or with None say that it has none.

    For coordinators, until the report is being signed. Matching leaves the decision alone; only where it was "none" a
    later order that fits without a doubt is taken. Raises PermissionRefused, NotVisible (order or item is absent or
    another hospital's), ReasonMissing, OrderNotLinkable, NothingToReconcile, ActionNotAllowed.
    """
    order = _locked_order(order_id) if order_id is not None else None
    item = lock_item(worklist_item_id)
    if order is not None and order.hospital_id != item.hospital_id:
        raise NotVisible(f"There is no order {order_id} for you.")
    _check(item, order, reason)
    previous_order_id, doubt = item.order_id, item.reconciliation_reason
    WorklistItem.objects.filter(pk=item.pk).update(
        order=order, reconciliation_reason="", reconciled_at=timezone.now(), version=F("version") + 1
    )
    item.refresh_from_db()
    refresh_urgency(item)
    transition = WorklistItemTransition.objects.create(
        hospital_id=item.hospital_id,
        worklist_item=item,
        action="reconcile",
        from_status=item.status,
        to_status=item.status,
        holder_id=item.claimed_by_id or item.assigned_to_id,
        actor_id=user.pk,
        reason=reason.strip()[:300],
    )
    record_audit(
        action="worklist_item.reconcile",
        object_type="worklist_item",
        object_id=item.pk,
        hospital_id=item.hospital_id,
        detail={
            "order": item.order_id,
            "previous_order": previous_order_id,
            "doubt": doubt,
            "transition": transition.pk,
        },
    )
    more = {"order_id": order.pk} if order else {}
    announce_item(item, "WorklistItemChanged", action="reconcile", **more)
    return item


def _locked_order(order_id: int) -> Order:
    """Return the order as it is under its lock, so that a cancellation at this moment is seen here or sees the link."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise NotVisible(f"There is no order {order_id} for you.")
    lock_order_names(order)
    order.refresh_from_db()
    return order


def _check(item: WorklistItem, order: Order | None, reason: str) -> None:
    if current_scope().principal.role != User.Role.COORDINATOR:
        raise PermissionRefused("Which order belongs to a study is for the hospital's coordinator to decide.")
    if item.status not in RECONCILABLE:
        raise ActionNotAllowed("reconcile", item.status)
    if not can_be_reconciled(item):
        raise NothingToReconcile(f"Order and images of item {item.pk} agree: there is nothing to decide.")
    if not reason.strip():
        raise ReasonMissing("The decision needs a reason.")
    if order is not None and order.status == Order.Status.CANCELLED:
        raise OrderNotLinkable(f"Order {order.pk} was cancelled. Maybe the hospital can place it again.")
