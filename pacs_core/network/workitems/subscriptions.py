"""Who is told what becomes of workitems (PS3.4 CC.2.3), and telling them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from pacs_core import flow
from pacs_core.access.scopes import current_scope
from pacs_core.events.models import Event
from pacs_core.network.workitems import attributes
from pacs_core.network.workitems.models import Workitem, WorkitemSubscription
from pacs_core.network.workitems.roles import SEARCHING_ROLES
from pacs_core.network.workitems.selectors import find_workitems, workitem
from pacs_core.network.workitems.services import CANCEL_REQUESTED, FINAL_STATES, PROGRESS_REPORT, STATE_REPORT, report
from pacs_core.standards.dicom.json_model import JsonObject

logger = logging.getLogger(__name__)

# Well-known UIDs of all workitems, and of those that match a filter (PS3.4 CC.2.3.1).
ALL_WORKITEMS, FILTERED_WORKITEMS = "1.2.840.10008.5.1.4.34.5", "1.2.840.10008.5.1.4.34.5.1"
_PUSH_CLASS = "1.2.840.10008.5.1.4.34.6.1"


def subscriber_group(*, user_id: int, ae_title: str) -> str:
    """Return the channel group of a subscriber: an AE title of another user's is another subscriber."""
    return f"workitems.{user_id}.{hashlib.sha256(ae_title.encode()).hexdigest()[:32]}"


def subscribe(
    *,
    target_uid: str,
    ae_title: str,
    user_id: int,
    has_deletion_lock: bool = False,
    matches: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Subscribe to one workitem, whose state is reported at once, or to those of all hospitals in the scope.

    Raises NotVisible, or WorkitemInvalid for a filter that can't be matched. Again is the same as once.
    """
    values = {"has_deletion_lock": has_deletion_lock, "filter": None}
    if target_uid in (ALL_WORKITEMS, FILTERED_WORKITEMS):
        find_workitems(matches or {})  # refuse a filter that can't be read
        values["filter"] = {name: list(wanted) for name, wanted in matches.items()} if matches else None
        for hospital_id in sorted(current_scope().hospital_ids):
            _keep(hospital_id=hospital_id, user_id=user_id, ae_title=ae_title, workitem=None, values=values)
        return
    found = workitem(target_uid)
    _keep(hospital_id=found.hospital_id, user_id=user_id, ae_title=ae_title, workitem=found, values=values)
    report(found, STATE_REPORT)


def unsubscribe(*, target_uid: str, ae_title: str, user_id: int) -> bool:
    """End a subscription; False when there was none. The end of one to all ends those to single ones too."""
    own = WorkitemSubscription.objects.filter(user_id=user_id, ae_title=ae_title)
    if target_uid not in (ALL_WORKITEMS, FILTERED_WORKITEMS):
        own = own.filter(workitem=workitem(target_uid))
    return own.delete()[0] > 0


def suspend(*, ae_title: str, user_id: int) -> bool:
    """Tell no more of workitems to come, but of those that are under way (PS3.4 CC.2.3.3.1.3); False without one."""
    own = WorkitemSubscription.objects.filter(user_id=user_id, ae_title=ae_title)
    general = list(own.filter(workitem__isnull=True))
    for subscription in general:
        matches = {name: tuple(wanted) for name, wanted in (subscription.filter or {}).items()}
        open_ones = find_workitems(matches).filter(hospital=subscription.hospital_id).exclude(state__in=FINAL_STATES)
        WorkitemSubscription.objects.bulk_create(
            [
                WorkitemSubscription(
                    hospital_id=one.hospital_id, user_id=user_id, ae_title=ae_title, workitem=one, filter=None
                )
                for one in open_ones
            ],
            ignore_conflicts=True,
        )
        subscription.delete()
    return bool(general)


def report_to_subscribers(event: Event) -> None:
    """Send the event's report to whoever subscribed and listens (handler of WorkitemChanged); safe to run twice.

    Who does not listen searches when it is back: nothing is queued. Who left the hospital since is told nothing.
    """
    found = Workitem.objects.filter(pk=event.payload["workitem_id"]).first()
    if found is None:
        return
    subscriptions = list(_subscriptions_of(found))
    hearing = {user for user in {one.user for one in subscriptions} if _may_hear(user, found.hospital_id)}
    groups = {
        subscriber_group(user_id=one.user_id, ae_title=one.ae_title) for one in subscriptions if one.user in hearing
    }
    if groups:
        async_to_sync(_send)(sorted(groups), event_report(found, event.payload))


def event_report(found: Workitem, payload: Mapping[str, object]) -> JsonObject:
    """Return the report as PS3.18 8.10.5 sends it: identifiers and states, no patient."""
    event_type = int(str(payload["event_type"]))
    model: JsonObject = {
        "00000002": {"vr": "UI", "Value": [_PUSH_CLASS]},
        "00001000": {"vr": "UI", "Value": [found.workitem_uid]},
        "00001002": {"vr": "US", "Value": [event_type]},
    }
    if event_type == STATE_REPORT:
        model[attributes.STATE] = {"vr": "CS", "Value": [payload["state"]]}
        model[attributes.READINESS] = {"vr": "CS", "Value": [payload["readiness"]]}
    if event_type == PROGRESS_REPORT and attributes.PROGRESS in found.dataset:
        model[attributes.PROGRESS] = found.dataset[attributes.PROGRESS]
    if event_type == CANCEL_REQUESTED or payload["state"] == Workitem.State.CANCELED:
        model |= found.cancellation
    return model


def _keep(
    *, hospital_id: int, user_id: int, ae_title: str, workitem: Workitem | None, values: dict[str, object]
) -> None:
    WorkitemSubscription.objects.update_or_create(
        hospital_id=hospital_id, user_id=user_id, ae_title=ae_title, workitem=workitem, defaults=values
    )


def _subscriptions_of(found: Workitem) -> Iterable[WorkitemSubscription]:
    kept = WorkitemSubscription.objects.filter(hospital=found.hospital_id).select_related("user")
    yield from kept.filter(workitem=found)
    for general in kept.filter(workitem__isnull=True):
        matches = {name: tuple(wanted) for name, wanted in (general.filter or {}).items()}
        if not matches or find_workitems(matches).filter(pk=found.pk).exists():
            yield general


def _may_hear(user: Any, hospital_id: int) -> bool:
    """Tell whether the user could search the hospital's workitems now."""
    return user.role in SEARCHING_ROLES and hospital_id in flow.resolve("scope_of_user")(user).hospital_ids


async def _send(groups: list[str], model: JsonObject) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        for group in groups:
            await layer.group_send(group, {"type": "workitem.report", "model": model})
    except (OSError, ConnectionError) as error:
        logger.warning("Workitem reports not sent: %s", type(error).__name__)
