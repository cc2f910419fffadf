"""Patients are updated and merged by HL7 over real sockets (IHE RAD-12)."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from hospitals.models import Hospital
from pacs_core import celery  # noqa: F401  events are enqueued at the tests' own broker
from pacs_core.archive.models import Patient, PatientChange, Study
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.archive.services.link_search import compare_patients
from pacs_core.archive.services.national_identifiers import add_national_identifier_rule
from pacs_core.network.hl7.models import ReceivedMessage
from pacs_core.network.hl7.server import MllpServer
from pacs_core.network.hl7.sources import add_hl7_source
from tests.pacs_core.archive.instances import index_all, receive
from tests.senders import order_message, send_message
from tests.story import make_hospital, make_item, make_patient, make_study, see_all
from worklist.models import Order

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def port(committed_db: None) -> Iterator[int]:
    for code in ("NORTH", "SOUTH"):
        make_hospital(code)
        add_hl7_source(hospital_code=code, application="ADT", facility=code)
    add_hl7_source(hospital_code="NORTH", application="RIS", facility="NORTH")
    server = MllpServer(host="127.0.0.1", port=0, maximum_bytes=20_000)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(5)
    yield server.address[1]
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(15)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def adt(
    trigger: str, *segments: str, control_id: str = "C1", facility: str = "NORTH", at: str = "20261124120000"
) -> bytes:
    header = f"MSH|^~\\&|ADT|{facility}|MERIDIAN|MERIDIAN|{at}+0000||ADT^{trigger}|{control_id}|P|2.5.1"
    return "\r".join([header, f"EVN|{trigger}|{at}", *segments, ""]).encode()


def pid(patient_id: str, name: str = "DOE^JANE", birth_date: str = "19700102", issuer: str = "NORTH") -> str:
    return f"PID|1||{patient_id}^^^{issuer}^MR||{name}||{birth_date}|F"


def merge(control_id: str = "C1", surviving: str = "P1", prior: str = "P2", facility: str = "NORTH") -> bytes:
    issuer = facility
    return adt(
        "A40", pid(surviving, issuer=issuer), f"MRG|{prior}^^^{issuer}^MR", control_id=control_id, facility=facility
    )


def patient(patient_id: str, hospital: str = "NORTH") -> Patient:
    with see_all():
        return Patient.objects.select_related("merged_into").get(patient_id=patient_id, hospital__code=hospital)


def test_a40_merges_and_a_second_one_is_harmless(port: int) -> None:
    send_message(port, order_message(patient_id="P2"))
    assert b"MSA|AA|C1" in send_message(port, merge())
    assert b"MSA|AA|C2" in send_message(port, merge("C2"))
    with see_all():
        assert Order.objects.get().patient.patient_id == "P1"
        change = PatientChange.objects.get(kind="merge")
        assert (change.source, change.message_control_id) == ("hl7", "C1")


def test_a40_for_patients_not_met_yet_is_remembered(port: int) -> None:
    assert b"MSA|AA|C1" in send_message(port, merge())
    assert b"MSA|AA|M1" in send_message(port, order_message(patient_id="P2"))
    with see_all():
        north = patient("P1").hospital
        receive(north, PatientID="P2")
        index_all(north)
        assert {Order.objects.get().patient_id, Study.objects.get().patient_id} == {patient("P1").pk}


def test_circular_and_self_merges_are_refused_with_segment_and_field(port: int) -> None:
    send_message(port, merge())
    for control_id, surviving, prior, words in (
        ("C2", "P2", "P1", "Maybe undo that merge first"),
        ("C3", "P1", "P1", "into itself"),
    ):
        answer = send_message(port, merge(control_id, surviving, prior)).decode()
        assert f"MSA|AE|{control_id}" in answer
        assert "MRG^1^1" in answer
        assert words in answer
    with see_all():
        assert PatientChange.objects.filter(kind="merge").count() == 1
        assert set(ReceivedMessage.objects.values_list("acknowledgement_code", flat=True)) == {"AA", "AE"}


def test_merges_of_one_message_are_all_done_or_none(port: int) -> None:
    body = adt("A40", pid("P1"), "MRG|P2^^^NORTH^MR", pid("P3"), "MRG|P3^^^NORTH^MR")
    assert b"MSA|AE|C1" in send_message(port, body)
    with see_all():
        assert not PatientChange.objects.exists()
        assert not Patient.objects.exists()


def test_each_prior_number_goes_to_the_number_of_its_authority(port: int) -> None:
    pid_of_two = "PID|1||P1^^^NORTH^MR~X1^^^CLINIC^MR~4711^^^NHS^NI||DOE^JANE||19700102|F"
    assert b"MSA|AA" in send_message(port, adt("A40", pid_of_two, "MRG|X2^^^CLINIC^MR~P2^^^NORTH^MR"))
    assert patient("X2").merged_into.patient_id == "X1"
    assert patient("P2").merged_into.patient_id == "P1"


@pytest.mark.parametrize(
    ("segments", "where"),
    [
        (("MRG|P2^^^NORTH^MR",), "PID^1"),
        ((pid("P1"),), "MRG^1"),
        ((pid("P1"), "MRG|"), "MRG^1^1"),
        ((pid(""), "MRG|P2"), "PID^1^3"),
        ((pid("P" * 65), "MRG|P2"), "PID^1^3"),
    ],
)
def test_unusable_a40_names_segment_and_field(port: int, segments: tuple[str, ...], where: str) -> None:
    answer = send_message(port, adt("A40", *segments)).decode()
    assert "MSA|AE|C1" in answer
    assert f"ERR||{where}" in answer


def test_a08_and_a31_correct_details_of_one_hospitals_patient_only(port: int) -> None:
    north, south = (Hospital.objects.get(code=code) for code in ("NORTH", "SOUTH"))
    make_study(north, make_patient(north, patient_id="P1", name="DOE^JAN"))
    make_patient(south, patient_id="P1", name="ROE^RICHARD")
    assert b"MSA|AA" in send_message(port, adt("A08", pid("P1", name="DOE^JANE~\\X4D65\\^^^^^^^I"), control_id="C1"))
    assert b"MSA|AA" in send_message(port, adt("A31", pid("P1", birth_date='""'), control_id="C2", at="20261124130000"))
    assert (patient("P1").name, patient("P1").birth_date) == ("DOE^JANE", None)
    assert patient("P1", "SOUTH").name == "ROE^RICHARD"
    with see_all():
        assert [change.before for change in PatientChange.objects.order_by("pk")] == [
            {"name": "DOE^JAN"},
            {"name": "DOE^JANE=Me", "birth_date": "1970-01-02"},
        ]


def test_other_hospitals_merge_of_the_same_numbers_is_its_own(port: int) -> None:
    send_message(port, order_message(patient_id="P2"))
    assert b"MSA|AA" in send_message(port, merge(facility="SOUTH"))
    assert patient("P2").merged_into is None
    assert patient("P2", "SOUTH").merged_into.patient_id == "P1"


def test_national_number_in_messages_links_two_hospitals(port: int) -> None:
    with see_all():
        for code in ("NORTH", "SOUTH"):
            hospital = Hospital.objects.get(code=code)
            add_national_identifier_rule(hospital_id=hospital.pk, scheme="NHS", type_code="NI")
    for facility in ("NORTH", "SOUTH"):
        segment = f"PID|1||{facility[0]}1^^^{facility}^MR~4711^^^NHS^NI||DOE^JANE||19700102|F"
        assert b"MSA|AA" in send_message(port, adt("A08", segment, facility=facility))
    compare_patients()
    assert patient("N1").person == patient("S1", "SOUTH").person is not None


def test_a45_moves_a_visits_orders_and_studies_and_is_undone(port: int) -> None:
    for number, (accession_number, visit) in enumerate((("A1", "V1"), ("A2", "V2"))):
        body = order_message(message_control_id=f"M{number}", accession_number=accession_number, patient_id="P2")
        head, _, tail = body.partition(b"ORC|")
        assert b"MSA|AA" in send_message(port, head + f"PV1|1|O{'|' * 17}{visit}\r".encode() + b"ORC|" + tail)
    north = Hospital.objects.get(code="NORTH")
    with see_all():
        order = Order.objects.get(accession_number="A1")
        study = make_study(north, order.patient, accession_number="A1")
        make_item(north, study, order)
    move = adt("A45", pid("P1"), "MRG|P2^^^NORTH^MR||||V1", f"PV1|1|O{'|' * 17}V1")
    assert b"MSA|AA|C1" in send_message(port, move)
    assert b"MSA|AA|C2" in send_message(port, move.replace(b"|C1|", b"|C2|"))
    with see_all():
        change = PatientChange.objects.get(kind="move")
        assert (change.order_ids, change.study_ids) == ([order.pk], [study.pk])
        whose = dict(Order.objects.values_list("accession_number", "patient__patient_id"))
        assert whose == {"A1": "P1", "A2": "P2"}
        undo_patient_change(patient_change_id=change.pk)
        assert set(Order.objects.values_list("patient__patient_id", flat=True)) == {"P2"}
        assert Study.objects.get().patient.patient_id == "P2"


def test_a45_without_a_visit_names_the_field(port: int) -> None:
    answer = send_message(port, adt("A45", pid("P1"), "MRG|P2^^^NORTH^MR")).decode()
    assert "MSA|AE|C1" in answer
    assert "ERR||MRG^1^5" in answer


def test_unknown_sender_changes_nothing(port: int) -> None:
    assert b"MSA|AR" in send_message(port, merge(facility="EAST"))
    with see_all():
        assert not Patient.objects.exists()
