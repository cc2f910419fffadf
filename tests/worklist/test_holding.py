"""Who may do what to an item, from which status, and what follows; claims that collide."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from hospitals.models import Credential, Hospital, Membership, ReadingPrivilege, User
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import Principal, Scope, open_scope
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.story import in_hospital, make_hospital, make_item, make_radiologist, make_study, make_user, see_all
from worklist import services
from worklist.errors import ActionNotAllowed, ItemAlreadyClaimed, ItemPinned, NotPrivileged, NotTheHolder
from worklist.models import WorklistItem, WorklistItemTransition
from worklist.services.claims import _take
from worklist.transitions import ACTIONS


def acting(user: User, hospital: Hospital) -> Any:
    return open_scope(Scope(frozenset([hospital.pk]), Principal(user_id=user.pk, role=user.role)))


class Ward:
    """A hospital with an item, two radiologists who may read it, and a coordinator."""

    def __init__(self) -> None:
        self.hospital = make_hospital("NORTH")
        self.ada, self.ben = make_radiologist(self.hospital), make_radiologist(self.hospital)
        self.coordinator = make_user("coordinator", self.hospital)
        self.item = make_item(self.hospital)

    def does(self, by: User | None, service: Callable[..., WorklistItem], **arguments: Any) -> WorklistItem:
        scope = in_hospital(self.hospital) if by is None else acting(by, self.hospital)
        with scope:
            return service(worklist_item_id=self.item.pk, **arguments)

    def claim(self, user: User) -> WorklistItem:
        return self.does(user, services.claim_worklist_item, user=user)

    def assign(self, user: User, by: User | None = None) -> WorklistItem:
        return self.does(by, services.assign_worklist_item, radiologist_id=user.pk)

    def events(self) -> list[str]:
        with see_all():
            return list(Event.objects.order_by("pk").values_list("name", flat=True))


@pytest.fixture
def ward(db: None) -> Ward:
    return Ward()


def test_claim_writes_transition_event_and_audit(ward: Ward) -> None:
    item = ward.claim(ward.ada)
    assert (item.status, item.claimed_by, item.assigned_to, item.version) == ("reading", ward.ada, ward.ada, 2)
    with see_all():
        transition = WorklistItemTransition.objects.get()
        assert (transition.action, transition.from_status, transition.to_status) == ("claim", "unassigned", "reading")
        assert (transition.actor, transition.holder) == (ward.ada, ward.ada)
        event = Event.objects.get()
        assert (event.name, event.payload["worklist_item_id"]) == ("WorklistItemClaimed", ward.item.pk)
        assert event.payload["user_ids"] == [ward.ada.pk]
        assert AuditEntry.objects.get(action="worklist_item.claim").actor == ward.ada


def test_second_claim_names_the_first_and_since_when(ward: Ward) -> None:
    ward.claim(ward.ada)
    with pytest.raises(ItemAlreadyClaimed) as caught:
        ward.claim(ward.ben)
    assert (caught.value.holder_id, caught.value.status) == (ward.ada.pk, "reading")
    assert ward.events() == ["WorklistItemClaimed"]


def test_claiming_ones_own_again_changes_nothing(ward: Ward) -> None:
    ward.claim(ward.ada)
    assert ward.claim(ward.ada).version == 2
    assert ward.events() == ["WorklistItemClaimed"]


def test_item_that_waits_for_another_cannot_be_claimed_but_for_oneself_it_can(ward: Ward) -> None:
    ward.assign(ward.ada)
    with pytest.raises(ItemAlreadyClaimed, match="waits for"):
        ward.claim(ward.ben)
    assert ward.claim(ward.ada).status == "reading"


def test_privilege_is_looked_at_when_claiming(ward: Ward) -> None:
    privilege = ReadingPrivilege.objects.get(radiologist=ward.ada)
    privilege.modality = "MR"
    privilege.save()
    with pytest.raises(NotPrivileged):
        ward.claim(ward.ada)
    privilege.modality = "CT"
    privilege.save()
    assert ward.claim(ward.ada).status == "reading"


def test_ended_privilege_and_ended_membership_do_not_read(ward: Ward) -> None:
    ReadingPrivilege.objects.filter(radiologist=ward.ada).update(valid_until=timezone.now())
    ward.ben.memberships.update(valid_until=timezone.now())
    for user in (ward.ada, ward.ben):
        with pytest.raises(NotPrivileged):
            ward.claim(user)


def test_item_with_report_series_needs_no_privilege_for_them(ward: Ward) -> None:
    ReadingPrivilege.objects.filter(radiologist=ward.ada).update(modality="CT")
    ward.item = make_item(ward.hospital, make_study(ward.hospital, modalities=["CT", "SR"]))
    assert ward.claim(ward.ada).status == "reading"


def test_item_of_another_hospital_does_not_exist(ward: Ward) -> None:
    south = make_hospital("SOUTH")
    stranger = make_radiologist(south)
    with acting(stranger, south), pytest.raises(NotVisible):
        services.claim_worklist_item(worklist_item_id=ward.item.pk, user=stranger)
    with see_all():
        assert WorklistItem.objects.get().status == "unassigned"


def test_released_item_is_nobodys_and_the_event_names_who(ward: Ward) -> None:
    ward.claim(ward.ada)
    item = ward.does(ward.ada, services.release_worklist_item, user=ward.ada, reason="end of shift")
    assert (item.status, item.assigned_to, item.claimed_by) == ("unassigned", None, None)
    with see_all():
        event = Event.objects.order_by("-pk")[0]
        assert (event.name, event.payload["released_by_id"]) == ("WorklistItemReleased", ward.ada.pk)
        assert event.payload["user_ids"] == [ward.ada.pk]


def test_only_holder_or_coordinator_releases(ward: Ward) -> None:
    ward.claim(ward.ada)
    with pytest.raises(NotTheHolder):
        ward.does(ward.ben, services.release_worklist_item, user=ward.ben)
    item = ward.does(ward.coordinator, services.release_worklist_item, user=ward.coordinator)
    assert item.status == "unassigned"


def test_hand_over_pins_the_item_to_the_next_reader(ward: Ward) -> None:
    ward.claim(ward.ada)
    item = ward.does(ward.ada, services.hand_over_worklist_item, user=ward.ada, to_user_id=ward.ben.pk)
    assert (item.status, item.assigned_to, item.claimed_by, item.is_pinned) == ("assigned", ward.ben, None, True)
    with see_all():
        assert set(Event.objects.order_by("-pk")[0].payload["user_ids"]) == {ward.ada.pk, ward.ben.pk}


def test_hand_over_to_someone_without_privilege_is_refused(ward: Ward) -> None:
    ward.claim(ward.ada)
    for person in (ward.coordinator, make_radiologist(make_hospital("SOUTH"))):
        with pytest.raises(NotPrivileged):
            ward.does(ward.ada, services.hand_over_worklist_item, user=ward.ada, to_user_id=person.pk)


def test_rules_leave_a_pinned_item_alone(ward: Ward) -> None:
    ward.assign(ward.ada, by=ward.coordinator)
    with pytest.raises(ItemPinned):
        ward.assign(ward.ben)
    assert ward.assign(ward.ben, by=ward.coordinator).assigned_to == ward.ben


def test_only_a_coordinator_reopens_what_was_cancelled(ward: Ward) -> None:
    ward.does(ward.coordinator, services.cancel_worklist_item)
    for user in (ward.ada, make_user("hospital_administrator", ward.hospital)):
        with pytest.raises(NotTheHolder):
            ward.does(user, services.reopen_worklist_item)
    item = ward.does(ward.coordinator, services.reopen_worklist_item, reason="cancelled by mistake")
    assert (item.status, item.assigned_to) == ("unassigned", None)
    with see_all():
        transition = WorklistItemTransition.objects.order_by("-pk")[0]
        assert (transition.action, transition.actor, transition.reason) == (
            "reopen",
            ward.coordinator,
            "cancelled by mistake",
        )
    assert ward.events() == ["WorklistItemClosed", "WorklistItemReleased"]


def test_signing_goes_forth_and_back_and_closes_once(ward: Ward) -> None:
    ward.claim(ward.ada)
    with pytest.raises(NotTheHolder):
        ward.does(ward.ben, services.start_signing, user=ward.ben)
    assert ward.does(ward.ada, services.start_signing, user=ward.ada).status == "signing"
    assert ward.does(None, services.mark_signing_failed, reason="glyph").status == "reading"
    ward.does(ward.ada, services.start_signing, user=ward.ada)
    closed = ward.does(None, services.close_worklist_item)
    assert (closed.status, closed.claimed_by) == ("signed", ward.ada)
    assert closed.signed_at is not None
    ward.does(None, services.close_worklist_item)
    assert ward.events().count("WorklistItemClosed") == 1


def test_a_pin_keeps_the_reader_until_it_is_taken_out(ward: Ward) -> None:
    ward.assign(ward.ada)
    pinned = ward.does(ward.coordinator, services.pin_worklist_item, reason="knows the patient")
    assert (pinned.is_pinned, pinned.assigned_to, pinned.status) == (True, ward.ada, "assigned")
    with pytest.raises(ItemPinned):
        ward.assign(ward.ben)
    assert ward.does(ward.coordinator, services.pin_worklist_item).version == pinned.version, "No change, no event."
    assert not ward.does(ward.coordinator, services.unpin_worklist_item).is_pinned
    assert ward.assign(ward.ben).assigned_to == ward.ben
    assert ward.events() == [ACTIONS[name].event for name in ("assign", "pin", "unpin", "assign")]


def test_only_a_coordinator_pins(ward: Ward) -> None:
    ward.assign(ward.ada)
    for by in (ward.ada, None):
        with pytest.raises(NotTheHolder):
            ward.does(by, services.pin_worklist_item)


def test_what_a_coordinator_takes_back_goes_to_others(ward: Ward) -> None:
    ward.assign(ward.ada)
    ward.does(ward.coordinator, services.unassign_worklist_item)
    ward.assign(ward.ben)
    ward.does(None, services.unassign_worklist_item)
    with see_all():
        by_person, by_rules = Event.objects.filter(name="WorklistItemReleased").order_by("pk")
    assert by_person.payload["released_by_id"] == ward.ada.pk
    assert "released_by_id" not in by_rules.payload


def test_a_choice_that_is_restored_is_not_pinned(ward: Ward) -> None:
    ward.assign(ward.ada, by=ward.coordinator)
    restored = ward.does(ward.coordinator, services.assign_worklist_item, radiologist_id=ward.ben.pk, is_pinned=False)
    assert (restored.assigned_to, restored.is_pinned) == (ward.ben, False)


def unpin(ward: Ward) -> WorklistItem:
    with see_all():
        WorklistItem.objects.update(is_pinned=True)
    return ward.does(ward.coordinator, services.unpin_worklist_item)


ATTEMPTS: dict[str, Callable[[Ward], WorklistItem]] = {
    "assign": lambda ward: ward.assign(ward.ben, by=ward.coordinator),
    "pin": lambda ward: ward.does(ward.coordinator, services.pin_worklist_item),
    "unpin": unpin,
    "unassign": lambda ward: ward.does(ward.coordinator, services.unassign_worklist_item),
    "undo_assign": lambda ward: ward.does(ward.coordinator, services.undo_assignment),
    "claim": lambda ward: ward.claim(ward.ben),
    "release": lambda ward: ward.does(ward.coordinator, services.release_worklist_item, user=ward.coordinator),
    "hand_over": lambda ward: ward.does(
        ward.coordinator, services.hand_over_worklist_item, user=ward.coordinator, to_user_id=ward.ben.pk
    ),
    "start_signing": lambda ward: ward.does(ward.ada, services.start_signing, user=ward.ada),
    "signing_failed": lambda ward: ward.does(None, services.mark_signing_failed),
    "close": lambda ward: ward.does(None, services.close_worklist_item),
    "cancel": lambda ward: ward.does(ward.coordinator, services.cancel_worklist_item),
    "reopen": lambda ward: ward.does(ward.coordinator, services.reopen_worklist_item),
}
HELD = ("assigned", "reading", "signing", "signed")
# Asking for what is already so changes nothing and is no error.
ALREADY_SO = {("signing_failed", "reading"), ("close", "signed")}


@pytest.mark.parametrize("status", WorklistItem.Status.values)
@pytest.mark.parametrize("action", ATTEMPTS)
def test_status_allows_what_the_table_says(ward: Ward, action: str, status: str) -> None:
    with see_all():
        holder = {"assigned_to": ward.ada} if status in HELD else {}
        reader = {"claimed_by": ward.ada, "claimed_at": timezone.now()} if status in HELD[1:] else {}
        WorklistItem.objects.update(status=status, assigned_at=timezone.now(), **holder, **reader)
    allowed = status in ACTIONS[action].starts_from and not (action == "claim" and status == "assigned")
    if allowed:
        assert ATTEMPTS[action](ward).status == ACTIONS[action].leads_to
        assert ward.events() == [ACTIONS[action].event]
        return
    if (action, status) in ALREADY_SO:
        ATTEMPTS[action](ward)
    else:
        with pytest.raises((ActionNotAllowed, ItemAlreadyClaimed, NotTheHolder)):
            ATTEMPTS[action](ward)
    with see_all():
        assert WorklistItem.objects.get().status == status
    assert ward.events() == []


def a_hundred_radiologists(hospital: Hospital) -> list[User]:
    people = [User(email=f"r{n}@example.org", name=f"Dr. {n}", role="radiologist") for n in range(100)]
    users = User.objects.bulk_create(people)
    Membership.objects.bulk_create(Membership(user=user, hospital=hospital) for user in users)
    for right in (Credential, ReadingPrivilege):
        right.objects.bulk_create(right(radiologist=user, hospital=hospital) for user in users)
    return users


def race(ward: Ward, radiologists: list[User], take: Callable[[User], bool]) -> int:
    """Let all reach for the item at the same moment; return how many got it."""
    barrier = threading.Barrier(len(radiologists))

    def reach(user: User) -> bool:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            return take(user)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(radiologists)) as pool:
        return sum(pool.map(reach, radiologists))


def test_of_a_hundred_claims_at_once_one_wins(committed_db: None) -> None:
    ward = Ward()
    radiologists = a_hundred_radiologists(ward.hospital)

    def claim(user: User) -> bool:
        try:
            ward.claim(user)
        except ItemAlreadyClaimed:
            return False
        return True

    assert race(ward, radiologists, claim) == 1
    with see_all():
        item, transition = WorklistItem.objects.get(), WorklistItemTransition.objects.get()
        assert (item.status, item.claimed_by_id) == ("reading", transition.actor_id)
    assert ward.events() == ["WorklistItemClaimed"]


def test_the_race_is_real_without_the_condition(committed_db: None) -> None:
    """The twin: who looks first and then sets, lets several have it."""
    ward = Ward()
    looked = threading.Barrier(8)

    def look_then_set(user: User) -> bool:
        with acting(user, ward.hospital):
            if WorklistItem.objects.get(pk=ward.item.pk).status != "unassigned":
                return False
            looked.wait(60)
            WorklistItem.objects.filter(pk=ward.item.pk).update(status="reading", claimed_by=user)
            return True

    def conditional(user: User) -> bool:
        with acting(user, ward.hospital):
            return _take(ward.item, user) is not None

    radiologists = [make_radiologist(ward.hospital) for _ in range(8)]
    assert race(ward, radiologists, look_then_set) == 8
    with see_all():
        WorklistItem.objects.update(status="unassigned", claimed_by=None)
    assert race(ward, radiologists, conditional) == 1
