"""A reader can't go on: what waits unopened goes to others at once, what is open stays; over real processes."""

import time

import pytest
from django.utils import timezone

from hospitals.models import Hospital, Shift, User
from routing_rules.services.rule_sets import publish_rule_set
from tests.browser_session import SignIn
from tests.installation import Installation, wait_for
from tests.story import make_hospital, make_item, make_radiologist, make_user, see_all
from worklist.models import WorklistItem

ITEMS = 8
RULES = [{"name": "Everything", "when": {}, "then": {}}]


@pytest.fixture
def north(committed_db: None, installation: Installation) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def readers(north: Hospital) -> tuple[User, User]:
    return make_radiologist(north, name="Dr. Ada Roth"), make_radiologist(north, name="Dr. Ben Okafor")


def waiting_for(reader: User) -> set[int]:
    with see_all():
        items = WorklistItem.objects.filter(assigned_to=reader, status="assigned")
        return set(items.values_list("pk", flat=True))


def plan_everything(readers: tuple[User, User]) -> None:
    """Publish rules, which has everything planned anew, and wait until both readers have some of it."""
    with see_all():
        publish_rule_set(rules=RULES)
    ada, ben = readers
    wait_for(
        lambda: len(waiting_for(ada) | waiting_for(ben)) == ITEMS and len(waiting_for(ada)) > 1 and waiting_for(ben),
        seconds=60,
        what="a plan that gives both readers something",
    )


def test_unopened_items_go_to_others_at_once_and_opened_ones_stay(
    north: Hospital, readers: tuple[User, User], sign_in: SignIn
) -> None:
    ada, ben = readers
    for _number in range(ITEMS):
        make_item(north)
    plan_everything(readers)
    session, opened = sign_in(ada.email), min(waiting_for(ada))
    assert session.post(f"/api/worklist-items/{opened}/claim/", {}).status_code == 200
    # The claim is planned for too: what waits for Ada when she drops out is what that plan has given her.
    wait_for(lambda: waiting_for(ada) and len(waiting_for(ada) | waiting_for(ben)) == ITEMS - 1, what="the next plan")

    begun = time.monotonic()
    shift = Shift.objects.get(radiologist=ada)
    assert session.post(f"/my-shifts/{shift.pk}/drop-out/", {}).status_code == 302
    wait_for(lambda: len(waiting_for(ben)) == ITEMS - 1, what="everything unopened with the other reader")
    print(f"With another reader {time.monotonic() - begun:.1f} s after the drop-out")

    assert waiting_for(ada) == set()
    with see_all():
        publish_rule_set(rules=RULES)
        kept = WorklistItem.objects.select_related("claimed_by", "assigned_to").get(pk=opened)
        assert kept.transitions.filter(action="release").count() == 0
    assert (kept.status, kept.claimed_by, kept.assigned_to) == ("reading", ada, ada)
    late = make_item(north)
    with see_all():
        publish_rule_set(rules=RULES)
    wait_for(lambda: late.pk in waiting_for(ben), what="what comes later with the other reader")
    assert session.get(f"/reading/{opened}/").status_code == 200
    shift.refresh_from_db()
    assert shift.dropped_out_at is not None
    assert shift.dropped_out_at <= timezone.now()


def test_reading_on_brings_new_work_to_the_reader_again(
    north: Hospital, readers: tuple[User, User], sign_in: SignIn
) -> None:
    ada, ben = readers
    session, shift = sign_in(ada.email), Shift.objects.get(radiologist=ada)
    assert session.post(f"/my-shifts/{shift.pk}/drop-out/", {}).status_code == 302
    for _number in range(ITEMS):
        make_item(north)
    with see_all():
        publish_rule_set(rules=RULES)
    wait_for(lambda: len(waiting_for(ben)) == ITEMS, seconds=60, what="everything with who is there")
    olga = make_user("coordinator", north)
    assert sign_in(olga.email).post(f"/api/shifts/{shift.pk}/undo-drop-out/", {}).status_code == 200
    wait_for(lambda: waiting_for(ada), seconds=60, what="work for who reads on")
