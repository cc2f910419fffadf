"""Escalation by share of the deadline used: each step that is due is taken, once, and people are told.

The sweep looks at what is due now, whenever it runs: late, twice at once, or again after a kill. Each item is a
transaction of its own under the lock of its row, so no step is half taken; a constraint holds that none is taken twice.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import QuerySet

from hospitals.models import User
from hospitals.selectors.members import members_of
from hospitals.selectors.reading_rights import ReadingRights, reading_rights_at
from hospitals.selectors.rota import Window, on_shift_now, reading_windows
from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from routing_rules.engine.escalation import (
    ALERT_COORDINATOR,
    ASSIGNED,
    CALL_ON_CALL,
    REMIND_READER,
    Waiting,
    due_steps,
)
from routing_rules.models import EscalationStep, Notice
from routing_rules.selectors.escalation import (
    Candidate,
    Policy,
    escalation_of,
    escalation_policies,
    items_past_a_share,
)
from routing_rules.selectors.escalation_words import step_in_words
from routing_rules.services.notices import give_notices
from worklist.models import WorklistItem
from worklist.selectors.privileges import bar_to_item, subspecialties_of
from worklist.services.escalation import note_escalation
from worklist.transitions import holder_id_of

logger = logging.getLogger(__name__)

# How many items one sweep escalates; the next one goes on.
MOST_AT_ONCE = 500
# Whether a pinned item's reader comes in time is looked at no further ahead.
LOOKED_AHEAD = timedelta(hours=48)
KIND_OF_STEP = {
    REMIND_READER: Notice.Kind.REMINDER,
    ALERT_COORDINATOR: Notice.Kind.ALERT,
    CALL_ON_CALL: Notice.Kind.CALL,
}


class Duty:
    """What one sweep needs to know of the rota and of rights, each looked up once and only when it is asked for."""

    def __init__(self, now: datetime, policies: Mapping[str, Policy]) -> None:
        self.now, self.policies = now, policies

    @cached_property
    def _coming_windows(self) -> list[Window]:
        return [window for window in reading_windows(self.now, self.now + LOOKED_AHEAD) if not window.is_on_call]

    @cached_property
    def _rights_of_on_call(self) -> dict[int, ReadingRights]:
        on_call = [pk for pk, window in on_shift_now(self.now).items() if window.is_on_call]
        return reading_rights_at(self.now, radiologist_ids=on_call) if on_call else {}

    def steps_due(self, item: WorklistItem, taken: Collection[str]) -> tuple[str, ...]:
        """Return the steps to take now; the item's hospital, study and order are loaded."""
        due = self.steps_by_share(item, taken)
        return tuple(step for step in due if step != CALL_ON_CALL or self.callable_readers(item))

    def steps_by_share(self, item: WorklistItem | Candidate, taken: Collection[str]) -> tuple[str, ...]:
        """Return the steps whose time has come, whoever there is to be called."""
        return due_steps(self.policies[item.priority].shares, self._waiting(item), taken)

    def is_anybody_on_call(self) -> bool:
        return bool(self._rights_of_on_call)

    def callable_readers(self, item: WorklistItem) -> list[int]:
        """Return who is on call now and may read the item."""
        rights = self._rights_of_on_call
        if not rights:
            return []
        subspecialty = subspecialties_of([item])[item.pk]
        return [pk for pk, owned in rights.items() if not bar_to_item(owned, item, subspecialty=subspecialty)]

    def share_used(self, item: WorklistItem | Candidate) -> float:
        """Return how much of the item's service level has passed; above 1 when it is overdue."""
        left = (item.deadline_at - self.now) / timedelta(minutes=1)
        return 1 - left / max(item.service_level_minutes, 1)

    def _waiting(self, item: WorklistItem | Candidate) -> Waiting:
        return Waiting(item.status, self.share_used(item), item.is_pinned, self._is_left_alone(item))

    def _is_left_alone(self, item: WorklistItem | Candidate) -> bool:
        """Say whether a pinned item's reader reads at no time before the coordinator would be alerted anyway."""
        share = self.policies[item.priority].shares.alert_coordinator
        if not item.is_pinned or item.status != ASSIGNED or share is None:
            return False
        alerted_at = item.deadline_at - (1 - share) * timedelta(minutes=item.service_level_minutes)
        if alerted_at > self.now + LOOKED_AHEAD:
            return False
        return not any(
            window.radiologist_id == item.assigned_to_id and window.starts_at < alerted_at
            for window in self._coming_windows
        )


def take_due_steps(*, now: datetime) -> int:
    """Take every step that is due at `now`; return how many. Safe to run at any time, by any number of processes."""
    number = 0
    with open_scope(all_hospitals_scope(process="escalation")):
        duty = Duty(now, escalation_policies())
        due = _items_to_escalate(duty)
    for item in due[:MOST_AT_ONCE]:
        try:
            number += len(escalate_item(worklist_item_id=item.pk, hospital_id=item.hospital_id, duty=duty))
        except Exception:
            logger.exception("Escalation of item %s failed", item.pk)
    return number


def _items_to_escalate(duty: Duty) -> list[Candidate]:
    """Return the items with a step that is due, in two queries however many wait.

    A call that nobody can take stays due: it comes last, so that it keeps no other step waiting.
    """
    items = items_past_a_share(duty.now, duty.policies.values())
    taken = escalation_of(item.pk for item in items)
    due = [(item, steps) for item in items if (steps := duty.steps_by_share(item, taken[item.pk]))]
    calls = [item for item, steps in due if steps == (CALL_ON_CALL,)]
    others = [item for item, steps in due if steps != (CALL_ON_CALL,)]
    return others + (calls if calls and duty.is_anybody_on_call() else [])


def escalate_item(*, worklist_item_id: int, hospital_id: int, duty: Duty) -> tuple[str, ...]:
    """Take one item's due steps in one transaction; return them. An item that somebody else changes now is left out."""
    with open_scope(hospital_scope(process="escalation", hospital_id=hospital_id)):
        taken = escalation_of([worklist_item_id])[worklist_item_id]
        waiting = _with_relations(WorklistItem.objects.all()).get(pk=worklist_item_id)
        if not duty.steps_due(waiting, taken):
            return ()
        item = lock_free_item(worklist_item_id)
        if item is None:
            return ()
        due = duty.steps_due(item, escalation_of([item.pk])[item.pk])
        for step in due:
            _take(item, step, duty)
        return due


def lock_free_item(worklist_item_id: int) -> WorklistItem | None:
    """Lock an item's row unless another transaction has it: the next sweep comes in seconds."""
    locked = WorklistItem.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    return _with_relations(locked).filter(pk=worklist_item_id).first()


def _with_relations(items: QuerySet[WorklistItem]) -> QuerySet[WorklistItem]:
    return items.select_related("hospital", "study", "order")


def _take(item: WorklistItem, step: str, duty: Duty) -> None:
    people = _people_to_tell(item, step, duty)
    row = EscalationStep.objects.create(
        hospital_id=item.hospital_id,
        worklist_item=item,
        step=step,
        deadline_at=item.deadline_at,
        taken_at=duty.now,
        share=round(duty.share_used(item), 4),
        told=[person.pk for person in people],
    )
    if people:
        give_notices(
            hospital_id=item.hospital_id,
            kind=KIND_OF_STEP[step],
            recipient_ids=row.told,
            now=duty.now,
            worklist_item=item,
            step=row,
            is_for_reader=step == REMIND_READER,
        )
    words = step_in_words(step, item, [person.name for person in people], duty.now)
    note_escalation(worklist_item_id=item.pk, step=step, words=words)


def _people_to_tell(item: WorklistItem, step: str, duty: Duty) -> list[User]:
    if step == ALERT_COORDINATOR:
        return list(members_of(item.hospital_id, [User.Role.COORDINATOR], duty.now))
    ids: list[int | None] = []
    if step == REMIND_READER:
        ids = [holder_id_of(item)]
    elif step == CALL_ON_CALL:
        ids = [*duty.callable_readers(item)]
    return list(User.objects.filter(pk__in=ids).order_by("name", "pk"))
