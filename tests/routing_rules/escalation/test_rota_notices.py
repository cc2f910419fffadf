"""What was decided on a swap or on time off is told to the readers concerned, once, and no longer than it is true."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest

from hospitals.models import Hospital, Membership, Shift, ShiftSwap, TimeOff, User
from hospitals.services.rota import remove_shift
from hospitals.services.shift_swaps import decide_swap, offer_shift, take_shift, withdraw_swap
from hospitals.services.time_off import add_time_off, ask_time_off, decide_time_off, remove_time_off
from pacs_core import flow
from pacs_core.events.models import Event
from routing_rules.models import Notice, NoticeMail
from routing_rules.services.notice_mails import send_due_mails
from tests.hospitals.rota.arrange import DAY, at, make_reader, make_shift
from tests.routing_rules.escalation.arrange import notices
from tests.story import make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_reader(north, name="Dr. Ada Roth")


@pytest.fixture
def ben(north: Hospital) -> User:
    return make_reader(north, name="Dr. Ben Okafor", time_zone="America/New_York")


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


def handle_everything() -> None:
    """Run the handlers of all events that concern the rota, each twice, as a lost answer makes them run."""
    names = ("ShiftSwapDecided", "TimeOffDecided", "RotaChanged")
    with see_all():
        for event in Event.objects.filter(name__in=names).order_by("pk"):
            for handler in flow.EVENT_HANDLERS[event.name]:
                module, _, name = handler.rpartition(".")
                if module != "routing_rules.handlers_notices":
                    continue
                for _time in range(2):
                    getattr(import_module(module), name)(event)


def words(person: User) -> list[str]:
    with see_all():
        unread = Notice.objects.filter(recipient=person, kind="rota", read_at=None, cleared_at=None)
        return list(unread.order_by("pk").values_list("words", flat=True))


def decided(ada: User, ben: User, olga: User, *, agree: bool) -> ShiftSwap:
    with see_all():
        swap = offer_shift(shift=make_shift(ada, 6, 14), offered_by=ada, now=DAY)
        take_shift(swap=swap, taken_by=ben, now=DAY)
        swap = decide_swap(swap=swap, agree=agree, decided_by=olga, now=DAY)
    handle_everything()
    return swap


def test_both_hear_once_that_a_swap_is_agreed_each_on_the_own_clock(ada: User, ben: User, olga: User) -> None:
    decided(ada, ben, olga, agree=True)
    assert words(ada) == [
        "Agreed by Olga Hansen: the shift Mon 3 Mar 07:00 to 15:00 is Dr. Ben Okafor's now, no longer yours."
    ]
    assert words(ben) == [
        "Agreed by Olga Hansen: the shift Mon 3 Mar 01:00 to 09:00 is yours now, no longer Dr. Ada Roth's."
    ]
    assert notices(olga) == []


def test_both_hear_whose_the_shift_stays_when_a_swap_is_refused(ada: User, ben: User, olga: User) -> None:
    decided(ada, ben, olga, agree=False)
    assert words(ada) == [
        "Refused by Olga Hansen: the shift Mon 3 Mar 07:00 to 15:00 stays yours, Dr. Ben Okafor does not take it."
    ]
    assert words(ben) == ["Refused by Olga Hansen: the shift Mon 3 Mar 01:00 to 09:00 stays Dr. Ada Roth's, not yours."]


def test_an_offer_that_its_reader_withdraws_is_no_decision(ada: User, ben: User) -> None:
    with see_all():
        swap = offer_shift(shift=make_shift(ada), offered_by=ada, now=DAY)
        take_shift(swap=swap, taken_by=ben, now=DAY)
        withdraw_swap(swap=swap, withdrawn_by=ada, now=DAY)
    handle_everything()
    assert (notices(ada), notices(ben)) == ([], [])


@pytest.mark.parametrize(("agree", "verb"), [(True, "Agreed"), (False, "Refused")])
def test_who_asked_for_time_off_hears_what_became_of_it(
    ada: User, ben: User, olga: User, agree: bool, verb: str
) -> None:
    night = timedelta(hours=1)  # Midnight in Berlin is an hour before that of UTC.
    with see_all():
        asked = ask_time_off(radiologist=ada, starts_at=DAY - night, ends_at=at(0, day=2) - night, reason="wedding")
        decide_time_off(time_off=asked, agree=agree, decided_by=olga, now=DAY)
    handle_everything()
    assert words(ada) == [f"{verb} by Olga Hansen: your time off Mon 3 Mar to Tue 4 Mar."]
    assert notices(ben) == notices(olga) == []


def test_hours_of_a_day_are_told_with_their_clock(ada: User, olga: User) -> None:
    with see_all():
        asked = ask_time_off(radiologist=ada, starts_at=at(9), ends_at=at(11))
        decide_time_off(time_off=asked, agree=True, decided_by=olga, now=DAY)
    handle_everything()
    assert words(ada) == ["Agreed by Olga Hansen: your time off Mon 3 Mar 10:00 to 12:00."]


def test_time_off_that_nobody_asked_for_is_no_answer(ada: User, olga: User) -> None:
    with see_all():
        add_time_off(radiologist=ada, starts_at=at(9), ends_at=at(11), created_by=olga)
    handle_everything()
    assert notices(ada) == []


def test_time_off_that_is_taken_away_again_is_news_no_more(ada: User, olga: User) -> None:
    with see_all():
        asked = ask_time_off(radiologist=ada, starts_at=at(9), ends_at=at(11))
        decide_time_off(time_off=asked, agree=True, decided_by=olga, now=DAY)
    handle_everything()
    with see_all():
        remove_time_off(time_off=TimeOff.objects.get())
    handle_everything()
    assert notices(ada) == [("rota", None)]
    assert words(ada) == []


def test_a_swapped_shift_that_goes_on_to_another_clears_what_was_told(
    north: Hospital, ada: User, ben: User, olga: User
) -> None:
    swap = decided(ada, ben, olga, agree=True)
    with see_all():
        Shift.objects.update(radiologist=make_reader(north))
        remove_shift(shift=Shift.objects.get(pk=make_shift(ben, 20, 22).pk))
    handle_everything()
    assert words(ben) == []
    with see_all():
        assert Notice.objects.get(recipient=ben, rota_request=f"swap:{swap.pk}").cleared_at is not None


def test_a_decision_that_is_gone_when_it_is_handled_is_told_to_nobody(ada: User, ben: User, olga: User) -> None:
    with see_all():
        swap = offer_shift(shift=make_shift(ada), offered_by=ada, now=DAY)
        take_shift(swap=swap, taken_by=ben, now=DAY)
        decide_swap(swap=swap, agree=True, decided_by=olga, now=DAY)
        remove_shift(shift=Shift.objects.get())
    handle_everything()
    assert (notices(ada), notices(ben)) == ([], [])


def test_who_belongs_to_no_hospital_any_more_is_not_told_at_one(ada: User, ben: User, olga: User) -> None:
    Membership.objects.filter(user=ben).update(valid_until=datetime(2020, 1, 1, tzinfo=DAY.tzinfo))
    decided(ada, ben, olga, agree=True)
    assert notices(ben) == []
    assert len(words(ada)) == 1


def test_it_goes_by_mail_too_and_is_news_for_days(
    ada: User, ben: User, olga: User, settings: object, mailoutbox: list
) -> None:
    settings.NOTICE_MAIL, settings.PUBLIC_URL = True, "https://meridian.example"
    decided(ada, ben, olga, agree=True)
    with see_all():
        told_at = NoticeMail.objects.order_by("pk").values_list("notice__created_at", flat=True)[0]
    assert send_due_mails(now=told_at + timedelta(hours=60)) == 2
    assert {tuple(mail.to): mail.body for mail in mailoutbox} == {
        (person.email,): f"{words(person)[0]}\n\nSign in to see it: https://meridian.example/\n"
        for person in (ada, ben)
    }
    assert {mail.subject for mail in mailoutbox} == {"Meridian: Your request about the rota was decided"}


def test_after_three_days_a_mail_is_no_news(ada: User, ben: User, olga: User, settings: object) -> None:
    settings.NOTICE_MAIL = True
    decided(ada, ben, olga, agree=False)
    with see_all():
        told_at = NoticeMail.objects.order_by("-pk").values_list("notice__created_at", flat=True)[0]
    assert send_due_mails(now=told_at + timedelta(days=3, minutes=1)) == 0
