"""Notices: read by their person only, cleared when they are no longer true, told live."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital, Licence, User
from hospitals.services.lapses import note_lapses
from pacs_core.access.errors import NotVisible
from pacs_core.events.models import Event
from routing_rules.models import Notice, NoticeMail
from routing_rules.services.lapse_notices import clear_lapses, tell_of_lapse
from routing_rules.services.notice_mails import send_due_mails
from routing_rules.services.notices import clear_notices, mark_all_notices_read, mark_notice_read
from tests.routing_rules.escalation.arrange import assigned, change, escalate, make_on_call, notices
from tests.story import as_user, make_hospital, make_radiologist, make_user, see_all
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH", jurisdiction="DE")


@pytest.fixture
def now() -> datetime:
    return timezone.now() + timedelta(minutes=1)


@pytest.fixture
def ada(north: Hospital) -> User:
    ada = make_radiologist(north, name="Dr. Ada Roth")
    Licence.objects.create(radiologist=ada, jurisdiction="DE")
    return ada


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


@pytest.fixture
def late(north: Hospital, now: datetime, ada: User, olga: User) -> WorklistItem:
    """A study past its deadline: Ada was reminded, Olga alerted."""
    item = assigned(north, now, ada, used=1.2)
    escalate(now)
    assert (notices(ada), notices(olga)) == ([("reminder", item.pk)], [("alert", item.pk)])
    return item


def clear(now: datetime) -> int:
    with see_all():
        return clear_notices(now=now)


def told_of_changes() -> list[list[int]]:
    with see_all():
        events = Event.objects.filter(name="NoticesChanged").order_by("pk")
        return [event.payload["user_ids"] for event in events]


def test_reading_one_tells_the_persons_screens(late: WorklistItem, ada: User, now: datetime) -> None:
    before = len(told_of_changes())
    with as_user(ada):
        notice = Notice.objects.get(recipient=ada)
        mark_notice_read(notice_id=notice.pk, user=ada, now=now)
        mark_notice_read(notice_id=notice.pk, user=ada, now=now + timedelta(minutes=1))
        notice.refresh_from_db()
    assert notice.read_at == now
    assert told_of_changes()[before:] == [[ada.pk]]


def test_nobody_reads_anothers(late: WorklistItem, ada: User, olga: User, now: datetime) -> None:
    with as_user(olga):
        notice = Notice.objects.get(recipient=ada)
        with pytest.raises(NotVisible):
            mark_notice_read(notice_id=notice.pk, user=olga, now=now)
        assert mark_all_notices_read(user=olga, now=now) == 1
    assert notices(ada, unread=True) == [("reminder", late.pk)]
    assert notices(olga, unread=True) == []


@pytest.mark.parametrize("status", ["signed", "cancelled"])
def test_what_is_done_clears_everything(late: WorklistItem, ada: User, olga: User, now: datetime, status: str) -> None:
    change(late, status=status)
    assert clear(now) == 2
    assert (notices(ada, unread=True), notices(olga, unread=True)) == ([], [])
    assert clear(now) == 0
    with see_all():
        assert set(Notice.objects.values_list("read_at", "cleared_at")) == {(None, now)}


def test_a_reminder_goes_when_its_reader_opens_or_loses_it(
    late: WorklistItem, north: Hospital, ada: User, olga: User, now: datetime
) -> None:
    change(late, assigned_to=make_radiologist(north))
    assert clear(now) == 1
    assert (notices(ada, unread=True), notices(olga, unread=True)) == ([], [("alert", late.pk)])


def test_a_reminder_is_over_once_it_is_opened_and_stays_when_it_came_during_reading(
    late: WorklistItem, ada: User, now: datetime
) -> None:
    change(late, status="reading", claimed_by=ada, claimed_at=now - timedelta(minutes=5))
    assert clear(now) == 0
    change(late, claimed_at=now + timedelta(seconds=5))
    assert clear(now) == 1
    assert notices(ada, unread=True) == []


def test_a_call_is_over_when_somebody_opens_it(north: Hospital, now: datetime, ada: User) -> None:
    called, also_called = make_on_call(north, now=now), make_on_call(north, now=now)
    for person in (called, also_called):
        Licence.objects.create(radiologist=person, jurisdiction="DE", valid_from=now - timedelta(days=1))
    item = assigned(north, now, ada, used=1.0)
    escalate(now)
    assert notices(called) == [("call", item.pk)]
    change(item, status="reading", assigned_to=called, claimed_by=called, claimed_at=now)
    clear(now)
    assert (notices(called, unread=True), notices(also_called, unread=True)) == ([], [])


def test_a_deadline_moved_away_clears_what_was_told_for_the_old_one(
    late: WorklistItem, ada: User, olga: User, now: datetime
) -> None:
    change(late, deadline_at=now + timedelta(hours=20), service_level_minutes=1440, priority="routine")
    assert clear(now) == 2
    assert notices(olga, unread=True) == []


def test_alerts_and_calls_go_by_mail_where_it_is_configured_and_say_nothing_of_the_patient(
    north: Hospital, now: datetime, ada: User, olga: User, settings: object, mailoutbox: list
) -> None:
    settings.NOTICE_MAIL, settings.PUBLIC_URL = True, "https://meridian.example"
    item = assigned(north, now, ada, used=1.0)
    escalate(now)
    assert (send_due_mails(now=now), send_due_mails(now=now)) == (1, 0)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([olga.email], "Meridian: An examination at NORTH needs attention")
    ]
    with see_all():
        patient = WorklistItem.objects.select_related("study__patient").get(pk=item.pk).study.patient
    assert patient.name not in mailoutbox[0].body
    assert patient.patient_id not in mailoutbox[0].body


def test_a_mail_that_fails_is_tried_again_later(
    north: Hospital,
    now: datetime,
    ada: User,
    olga: User,
    settings: object,
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list,
) -> None:
    settings.NOTICE_MAIL = True
    assigned(north, now, ada, used=1.0)
    escalate(now)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", _refuse)
        assert send_due_mails(now=now) == 0
    with see_all():
        mail = NoticeMail.objects.get()
    assert (mail.attempts, mail.last_error) == (1, "ConnectionRefusedError")
    assert send_due_mails(now=now) == 0
    assert send_due_mails(now=now + timedelta(minutes=1)) == 1
    assert len(mailoutbox) == 1


def _refuse(message: object) -> None:
    raise ConnectionRefusedError


def test_without_mail_nothing_is_kept_for_it(late: WorklistItem) -> None:
    with see_all():
        assert not NoticeMail.objects.exists()


class TestLapses:
    """A licence that lapses is told to its reader and the administrators until it is renewed."""

    @pytest.fixture
    def administrator(self, north: Hospital) -> User:
        return make_user("hospital_administrator", north)

    def tell(self, now: datetime) -> None:
        with see_all():
            note_lapses(now=now)
            for event in Event.objects.filter(name="LapseNoticed").order_by("pk"):
                values = {name: event.payload[name] for name in ("kind", "right_id", "is_lapsed")}
                tell_of_lapse(hospital_id=event.hospital_id, now=now, **values)

    def test_it_is_told_once_for_all_hospitals(
        self, north: Hospital, ada: User, administrator: User, now: datetime
    ) -> None:
        east = make_hospital("EAST", jurisdiction="DE")
        ada.memberships.create(hospital=east, valid_from=now - timedelta(days=1))
        other = make_user("hospital_administrator", east)
        Licence.objects.update(valid_until=now + timedelta(days=10))
        self.tell(now)
        self.tell(now)
        for person in (ada, administrator, other):
            assert notices(person) == [("lapse", None)]
        with see_all():
            words = Notice.objects.get(recipient=administrator).words
        assert words.startswith("Dr. Ada Roth: Licence DE lapses on ")

    def test_the_warning_gives_way_to_the_fact_and_both_to_a_renewal(
        self, ada: User, administrator: User, now: datetime
    ) -> None:
        Licence.objects.update(valid_until=now + timedelta(days=10))
        self.tell(now)
        self.tell(now + timedelta(days=11))
        with see_all():
            unread = Notice.objects.filter(recipient=ada, cleared_at__isnull=True)
            assert [notice.words.split(" on ")[0] for notice in unread] == ["Licence DE lapsed"]
        Licence.objects.update(valid_until=now + timedelta(days=400))
        assert clear_lapses(radiologist_id=ada.pk, now=now + timedelta(days=12)) == 2
        assert notices(ada, unread=True) == []
