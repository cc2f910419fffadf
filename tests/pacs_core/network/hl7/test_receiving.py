"""What an HL7 sender is answered, and what stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hospitals.models import Hospital
from pacs_core import flow
from pacs_core.archive.models import Patient
from pacs_core.events.models import Event
from pacs_core.network.hl7.errors import Hl7SourceTaken
from pacs_core.network.hl7.models import ReceivedMessage
from pacs_core.network.hl7.receiving import answer_message
from pacs_core.network.hl7.sources import add_hl7_source
from pacs_core.network.models import RejectedAssociation
from pacs_core.standards.hl7.messages import ImagingOrderMessage
from pacs_core.standards.hl7.order_building import build_order_message
from pacs_core.standards.hl7.reader import MessageReader
from tests.story import make_hospital, make_user, see_all
from worklist.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital("NORTH")
    add_hl7_source(hospital_code="NORTH", application="RIS", facility="NORTH")
    return hospital


def order(**fields: Any) -> ImagingOrderMessage:
    values: dict[str, Any] = {
        "sending_application": "RIS",
        "sending_facility": "NORTH",
        "message_control_id": "M1",
        "message_type": "OMI^O23",
        "message_at": datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        "event": "new",
        "order_control": "NW",
        "patient_id": "P1",
        "issuer_of_patient_id": "NORTH",
        "patient_name": "DOE^JANE",
        "birth_date": date(1970, 1, 2),
        "sex": "F",
        "accession_number": "A1",
        "issuer_of_accession_number": "NORTH",
        "procedure_code": "CTHEAD",
        "procedure_text": "CT head",
        "modality": "CT",
        "priority": "stat",
        "reason_for_study": "Weakness",
    }
    return ImagingOrderMessage(**(values | fields))


def answer(*orders: ImagingOrderMessage) -> list[str]:
    """Return the segments of the answer."""
    return answer_message(build_order_message(*orders), "192.0.2.1").decode().strip().split("\r")


def code(segments: list[str]) -> tuple[str, str]:
    """Return MSA-1 and MSA-2."""
    fields = segments[1].split("|")
    return fields[1], fields[2]


@pytest.mark.parametrize("message_type", ["ORM^O01", "OMI^O23"])
def test_order_is_stored_in_the_senders_hospital(north: Hospital, message_type: str) -> None:
    assert code(answer(order(message_type=message_type))) == ("AA", "M1")
    with see_all():
        stored = Order.objects.get()
        assert (stored.hospital, stored.accession_number, stored.priority) == (north, "A1", "stat")
        assert (stored.patient.name, stored.modality, stored.reason_for_study) == ("DOE^JANE", "CT", "Weakness")
        assert ReceivedMessage.objects.get().acknowledgement_code == "AA"


def test_local_time_of_the_message_is_the_hospitals(north: Hospital) -> None:
    answer(order(message_at=datetime(2026, 7, 1, 12, 0)))  # noqa: DTZ001  a sender without offset
    with see_all():
        assert Order.objects.get().message_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def test_message_sent_again_gets_the_same_answer_and_does_nothing(north: Hospital) -> None:
    first = answer(order())
    assert answer(order()) == first
    with see_all():
        assert (Order.objects.count(), ReceivedMessage.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_same_control_id_with_another_body_is_another_message(north: Hospital) -> None:
    answer(order())
    assert code(answer(order(reason_for_study="Fall", event="change", order_control="XO"))) == ("AA", "M1")
    with see_all():
        assert Order.objects.get().reason_for_study == "Fall"
        assert ReceivedMessage.objects.count() == 2


def test_unknown_sender_is_rejected_and_counted(north: Hospital) -> None:
    for _ in range(2):
        assert code(answer(order(sending_facility="NOWHERE"))) == ("AR", "M1")
    rejected = RejectedAssociation.objects.get()
    assert (rejected.calling_ae_title, rejected.called_ae_title) == ("RIS", "NOWHERE")
    assert (rejected.reason, rejected.times) == ("unknown HL7 sender", 2)
    with see_all():
        assert not Order.objects.exists()
        assert list(Event.objects.values_list("name", flat=True)) == ["AssociationRejected"]


def test_missing_field_is_named_and_the_message_kept(north: Hospital) -> None:
    segments = answer(order(patient_id=""))
    assert code(segments) == ("AE", "M1")
    assert segments[2].startswith("ERR||PID^1^3|101")
    with see_all():
        kept = ReceivedMessage.objects.get()
        assert kept.acknowledgement_code == "AE"
        assert kept.reason == "PID-3: the patient ID is missing."
        assert not Order.objects.exists()


def test_message_with_one_unusable_order_stores_none(north: Hospital) -> None:
    bad = order(accession_number="", event="change", order_control="XO", placer_order_number="PL-unknown")
    segments = answer(order(), bad)
    assert code(segments) == ("AE", "M1")
    assert "OBR^1^18" in segments[2]
    with see_all():
        assert not Order.objects.exists()
        assert not Patient.objects.exists()


def test_too_long_identifier_is_refused_not_cut(north: Hospital) -> None:
    assert "OBR^1^18" in answer(order(accession_number="A" * 65))[2]


def test_message_type_nobody_answers_is_rejected(north: Hospital) -> None:
    body = build_order_message(order()).replace(b"OMI^O23^OMI_O23", b"ADT^A05^ADT_A05")
    segments = answer_message(body).decode().split("\r")
    assert code(segments) == ("AR", "M1")
    assert segments[2].startswith("ERR||MSH^1^9|200")


@pytest.mark.parametrize("body", [b"", b"\x00\xff random", b"MSH", b"MSH|^~\\&|RIS|NORTH", "MSH|Ж".encode()])
def test_what_is_no_message_is_answered_not_raised(north: Hospital, body: bytes) -> None:
    segments = answer_message(body, "192.0.2.1").decode().split("\r")
    assert segments[1].split("|")[1] == "AR"


def test_unreadable_message_of_a_known_sender_is_kept(north: Hospital) -> None:
    body = build_order_message(order()).replace(b"UNICODE UTF-8", b"KLINGON")
    assert code(answer_message(body).decode().split("\r")) == ("AR", "M1")
    with see_all():
        kept = ReceivedMessage.objects.get()
        assert (kept.message_control_id, bytes(kept.body)) == ("M1", body)


def test_fault_of_ours_keeps_nothing_and_asks_to_send_again(north: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flow.HL7_MESSAGES, "OMI^O23", f"{__name__}.stumble")
    assert code(answer(order())) == ("AR", "M1")
    with see_all():
        assert not ReceivedMessage.objects.exists()
    monkeypatch.undo()
    assert code(answer(order())) == ("AA", "M1")


def stumble(message: MessageReader, hospital_id: int) -> None:
    raise RuntimeError(message.require("PID").raw(5))


def test_log_of_a_fault_holds_no_patient(
    north: Hospital, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(flow.HL7_MESSAGES, "OMI^O23", f"{__name__}.stumble")
    answer(order())
    assert "RuntimeError" in caplog.text
    assert "DOE" not in caplog.text


def test_source_is_added_once_and_belongs_to_one_hospital(north: Hospital) -> None:
    make_hospital("SOUTH")
    make_user("coordinator", north)
    assert add_hl7_source(hospital_code="north", application="RIS", facility="NORTH")[1] is False
    with pytest.raises(Hl7SourceTaken):
        add_hl7_source(hospital_code="SOUTH", application="RIS", facility="NORTH")
