"""Items that are read twice: who may read which stage, what ends the first one, and what collides."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from hospitals.models import RadiologistProfile, ReadingPrivilege, User
from pacs_core.events.models import Event
from tests.story import in_hospital, make_radiologist, see_all
from tests.worklist.test_holding import Ward, acting
from worklist import services
from worklist.errors import ActionNotAllowed, NotPrivileged, NotTheHolder, ReasonMissing, WrongReadingStage
from worklist.models import WorklistItem
from worklist.selectors.readers import next_item, readers_for
from worklist.services.claims import _take
from worklist.services.planned import ItemWish, carry_out_plan


class Teaching(Ward):
    """The ward with a resident; `ada` and `ben` are attending radiologists."""

    def __init__(self, mode: str = "two_tier") -> None:
        super().__init__()
        self.rita = make_resident(self)
        self.set_mode(mode)

    def set_mode(self, mode: str) -> bool:
        """Let the rules ask for it, as a plan does; return whether that was news."""
        item = self.now()
        wish = ItemWish(item.pk, item.version, item.assigned_to_id, place=item.place, reading_mode=mode)
        with in_hospital(self.hospital):
            versions = carry_out_plan(wishes=[wish], now=timezone.now())
        return versions.get(item.pk, item.version) > item.version

    def finish(self, user: User) -> WorklistItem:
        return self.does(user, services.finish_first_reading, user=user)

    def send_back(self, user: User, remark: str = "Look at the sinuses again.") -> WorklistItem:
        return self.does(user, services.send_back_to_first_reader, user=user, remark=remark)

    def now(self) -> WorklistItem:
        with see_all():
            return WorklistItem.objects.get()


def make_resident(ward: Ward) -> User:
    rita = make_radiologist(ward.hospital, name="Dr. Rita Young")
    RadiologistProfile.objects.filter(user=rita).update(is_resident=True)
    return rita


@pytest.fixture
def teaching(db: None) -> Teaching:
    return Teaching()


@pytest.fixture
def screening(db: None) -> Teaching:
    return Teaching("double")


def test_the_mode_is_news_once_and_announced(teaching: Teaching) -> None:
    assert teaching.set_mode("double") is True
    assert teaching.set_mode("double") is False
    assert teaching.now().reading_mode == "double"
    assert teaching.events() == ["WorklistItemChanged", "WorklistItemChanged"]
    with pytest.raises(ValueError, match="triple"):
        teaching.set_mode("triple")


def test_the_mode_stays_once_somebody_has_opened_it(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    assert teaching.set_mode("single") is False
    teaching.finish(teaching.rita)
    assert teaching.set_mode("single") is False
    teaching.claim(teaching.ada)
    teaching.send_back(teaching.ada)
    assert teaching.set_mode("single") is False
    assert teaching.now().reading_mode == "two_tier"


@pytest.mark.parametrize("mode", ["single", "double"])
def test_a_resident_reads_nothing_but_first_stages(teaching: Teaching, mode: str) -> None:
    teaching.set_mode(mode)
    with pytest.raises(NotPrivileged, match="only the first stage of two-tier"):
        teaching.claim(teaching.rita)
    with pytest.raises(NotPrivileged, match="only the first stage of two-tier"):
        teaching.assign(teaching.rita, by=teaching.coordinator)
    assert teaching.now().status == "unassigned"
    teaching.set_mode("two_tier")
    assert teaching.claim(teaching.rita).claimed_by == teaching.rita


def test_the_first_reading_ends_unassigned_at_stage_two_with_its_reader_named(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    item = teaching.finish(teaching.rita)
    assert (item.status, item.reading_stage, item.assigned_to, item.claimed_by) == ("unassigned", 2, None, None)
    assert item.first_reader == teaching.rita
    assert item.first_finished_at is not None
    with see_all():
        event = Event.objects.order_by("-pk")[0]
    assert (event.name, event.payload["released_by_id"]) == ("WorklistItemReleased", teaching.rita.pk)


def test_only_the_holder_ends_a_first_reading_and_only_once(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    with pytest.raises(NotTheHolder):
        teaching.finish(teaching.ada)
    teaching.finish(teaching.rita)
    teaching.claim(teaching.ada)
    with pytest.raises(WrongReadingStage):
        teaching.finish(teaching.ada)


def test_a_single_reading_has_no_first_stage(teaching: Teaching) -> None:
    teaching.set_mode("single")
    teaching.claim(teaching.ada)
    with pytest.raises(WrongReadingStage):
        teaching.finish(teaching.ada)
    assert teaching.now().status == "reading"


def test_the_resident_does_not_take_the_second_stage(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    teaching.finish(teaching.rita)
    with pytest.raises(NotPrivileged):
        teaching.claim(teaching.rita)
    with acting(teaching.rita, teaching.hospital):
        assert next_item(teaching.rita) is None
        assert teaching.rita not in readers_for(teaching.now())
    assert teaching.claim(teaching.ada).claimed_by == teaching.ada


def test_whoever_read_first_does_not_read_second(screening: Teaching) -> None:
    screening.claim(screening.ada)
    screening.finish(screening.ada)
    with pytest.raises(NotPrivileged, match="Read it first"):
        screening.claim(screening.ada)
    with pytest.raises(NotPrivileged, match="Read it first"):
        screening.assign(screening.ada, by=screening.coordinator)
    with acting(screening.ben, screening.hospital):
        names = readers_for(screening.now())
    assert screening.ben in names
    assert not {screening.ada, screening.rita} & set(names)
    assert screening.claim(screening.ben).claimed_by == screening.ben


def test_an_attending_may_read_a_two_tier_item_alone(teaching: Teaching) -> None:
    assert teaching.claim(teaching.ada).reading_stage == 1


def test_sent_back_it_waits_for_its_resident_with_the_remark(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    teaching.finish(teaching.rita)
    teaching.claim(teaching.ada)
    with pytest.raises(ReasonMissing):
        teaching.send_back(teaching.ada, remark="  ")
    with pytest.raises(NotTheHolder):
        teaching.send_back(teaching.ben)
    item = teaching.send_back(teaching.ada)
    assert (item.status, item.reading_stage, item.assigned_to) == ("assigned", 1, teaching.rita)
    assert item.is_pinned
    with in_hospital(teaching.hospital):
        transition = item.transitions.get(action="send_back")
        assert (transition.reason, transition.actor) == ("Look at the sinuses again.", teaching.ada)
    teaching.claim(teaching.rita)
    assert teaching.finish(teaching.rita).reading_stage == 2


def test_a_resident_who_lost_the_right_gets_nothing_back(teaching: Teaching) -> None:
    teaching.claim(teaching.rita)
    teaching.finish(teaching.rita)
    teaching.claim(teaching.ada)
    ReadingPrivilege.objects.filter(radiologist=teaching.rita).delete()
    with pytest.raises(NotPrivileged):
        teaching.send_back(teaching.ada)
    assert (teaching.now().status, teaching.now().reading_stage) == ("reading", 2)


def test_a_double_reading_is_not_sent_back(screening: Teaching) -> None:
    screening.claim(screening.ada)
    screening.finish(screening.ada)
    screening.claim(screening.ben)
    with pytest.raises(WrongReadingStage):
        screening.send_back(screening.ben)


def test_a_claim_judged_by_the_first_stage_does_not_take_the_second(teaching: Teaching) -> None:
    """Between a resident's check and the UPDATE a colleague ends the first reading."""
    looked_at = teaching.now()
    teaching.claim(teaching.rita)
    teaching.finish(teaching.rita)
    other = make_resident(teaching)
    with acting(other, teaching.hospital):
        assert _take(looked_at, other) is None
    assert teaching.now().claimed_by is None
    with acting(teaching.ada, teaching.hospital):
        assert _take(teaching.now(), teaching.ada) == "unassigned"


def test_ended_twice_at_once_it_ends_once(committed_db: None) -> None:
    ward = Teaching()
    ward.claim(ward.rita)
    start = threading.Barrier(2)

    def finish(_: int) -> Any:
        try:
            start.wait(30)
            return ward.finish(ward.rita).reading_stage
        except (ActionNotAllowed, NotTheHolder) as error:
            return type(error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(finish, range(2)))
    assert outcomes.count(2) == 1
    assert ward.events().count("WorklistItemReleased") == 1
