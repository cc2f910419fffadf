"""Messages to readers: once, seen at once, known to be read; nobody else's business."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import Hospital, User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.audit.models import AuditEntry
from routing_rules.errors import MessageRefused
from routing_rules.models import Notice, ReaderMessage
from routing_rules.selectors.notices import bell_of
from routing_rules.selectors.reader_messages import messages_of_item, messages_of_reader
from routing_rules.services.notices import mark_notice_read
from routing_rules.services.reader_messages import reply_to_message, send_message
from tests.routing_rules.escalation.arrange import make_on_call, notices
from tests.story import as_user, make_hospital, make_item, make_radiologist, make_user, see_all

pytestmark = pytest.mark.django_db
SEND = "/coordination/messages/send/"


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def now() -> datetime:
    return timezone.now() + timedelta(minutes=1)


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, name="Dr. Ada Roth")


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


def send(sender: User, *readers: User, now: datetime, **values: object) -> list[ReaderMessage]:
    asked = {"request_id": uuid.uuid4(), "text": "Next, please"} | values
    with as_user(sender):
        return send_message(sender=sender, recipient_ids=[reader.pk for reader in readers], now=now, **asked)


def test_the_same_request_is_one_message_to_each(north: Hospital, ada: User, olga: User, now: datetime) -> None:
    other, request_id = make_radiologist(north), uuid.uuid4()
    for _ in range(2):
        send(olga, ada, other, now=now, request_id=request_id)
    assert notices(ada) == notices(other) == [("message", None)]
    with see_all():
        assert ReaderMessage.objects.count() == 2
        assert AuditEntry.objects.filter(action="message.sent").count() == 2


def test_the_sender_sees_when_it_was_read(north: Hospital, ada: User, olga: User, now: datetime) -> None:
    item = make_item(north)
    send(olga, ada, now=now, worklist_item_id=item.pk)
    with as_user(ada):
        (notice,) = bell_of(ada, now).prominent
        mark_notice_read(notice_id=notice.pk, user=ada, now=now + timedelta(minutes=2))
    with as_user(olga):
        (message,) = messages_of_item(olga, item)
        assert message.notice.read_at == now + timedelta(minutes=2)
        assert messages_of_reader(olga, ada.pk) == [message]


def test_a_reply_says_that_it_was_read(north: Hospital, ada: User, olga: User, now: datetime) -> None:
    item = make_item(north)
    (message,) = send(olga, ada, now=now, worklist_item_id=item.pk)
    with as_user(ada):
        reply = reply_to_message(
            request_id=uuid.uuid4(), sender=ada, message_id=message.pk, text="After this one", now=now
        )
    assert (reply.recipient_id, reply.worklist_item_id, reply.answers_id) == (olga.pk, item.pk, message.pk)
    assert notices(ada, unread=True) == []
    assert notices(olga, unread=True) == [("message", item.pk)]


def test_only_who_was_written_to_replies(north: Hospital, ada: User, olga: User, now: datetime) -> None:
    (message,) = send(olga, ada, now=now)
    for person in (make_radiologist(north), make_user("coordinator", north), olga):
        with as_user(person), pytest.raises(NotVisible):
            reply_to_message(request_id=uuid.uuid4(), sender=person, message_id=message.pk, text="Me", now=now)
    with see_all():
        assert ReaderMessage.objects.count() == 1


def test_a_reader_writes_to_nobody_unasked(north: Hospital, ada: User, now: datetime) -> None:
    with pytest.raises(PermissionRefused):
        send(ada, make_radiologist(north), now=now)


def test_readers_and_items_of_other_hospitals_do_not_exist(
    north: Hospital, ada: User, olga: User, now: datetime
) -> None:
    south = make_hospital("SOUTH")
    stranger, foreign = make_radiologist(south), make_item(south)
    with pytest.raises(NotVisible):
        send(olga, ada, stranger, now=now)
    with pytest.raises(NotVisible):
        send(olga, ada, now=now, worklist_item_id=foreign.pk)
    both = make_user("coordinator", north, south)
    with pytest.raises(NotVisible):
        send(both, stranger, now=now, worklist_item_id=make_item(north).pk)
    with see_all():
        assert not ReaderMessage.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_an_empty_or_endless_text_is_refused(ada: User, olga: User, now: datetime, text: str) -> None:
    with pytest.raises(MessageRefused):
        send(olga, ada, now=now, text=text)


def test_readers_see_their_own_messages_only(north: Hospital, ada: User, olga: User, now: datetime) -> None:
    other, item = make_radiologist(north), make_item(north)
    send(olga, ada, other, now=now, worklist_item_id=item.pk)
    with as_user(ada):
        assert [message.recipient_id for message in messages_of_item(ada, item)] == [ada.pk]
    with as_user(olga):
        assert len(messages_of_item(olga, item)) == 2


def test_everybody_on_shift_is_written_to_by_one_form(north: Hospital, ada: User, client: Client) -> None:
    olga = make_user("coordinator", north)
    make_radiologist(north, on_shift=False), make_on_call(north, now=timezone.now())
    on_shift = make_radiologist(north)
    client.force_login(olga)
    form = {"request_id": str(uuid.uuid4()), "reader": "on_shift", "text": "The CT is down for an hour"}
    answer = client.post(SEND, form)
    assert "Sent to 2 readers." in answer.content.decode()
    client.post(SEND, form)
    with see_all():
        told = Notice.objects.values_list("recipient_id", flat=True)
        assert sorted(told) == sorted([ada.pk, on_shift.pk])


def test_the_form_comes_with_its_reader_and_its_examination(north: Hospital, ada: User, client: Client) -> None:
    client.force_login(make_user("coordinator", north))
    item = make_item(north)
    page = client.get(SEND, {"reader": ada.pk, "item": item.pk}).content.decode()
    assert f'<option value="{ada.pk}" selected>Dr. Ada Roth</option>' in page
    assert "CT head" in page
    answer = client.post(SEND, {"request_id": str(uuid.uuid4()), "reader": ada.pk, "text": ""})
    assert answer.status_code == 422
    assert "The message is empty." in answer.content.decode()
