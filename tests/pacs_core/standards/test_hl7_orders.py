from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacs_core.standards.hl7.errors import Hl7Error, Hl7FieldError, Hl7MessageTypeNotSupported, Hl7SyntaxError
from pacs_core.standards.hl7.messages import ImagingOrderMessage, parse_order_message
from pacs_core.standards.hl7.order_building import build_order_message
from pacs_core.standards.hl7.scheduling import Scheduling

ORDER = ImagingOrderMessage(
    sending_application="RIS",
    sending_facility="NORTH",
    receiving_application="MERIDIAN",
    receiving_facility="NETWORK",
    message_control_id="M1",
    message_type="ORM^O01",
    message_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    event="new",
    order_control="NW",
    patient_id="P|1",
    issuer_of_patient_id="NORTH",
    patient_name="Yamada^Tarou=山田^太郎=やまだ^たろう",
    birth_date=date(1960, 1, 2),
    sex="M",
    patient_class="E",
    placer_order_number="PL1",
    placer_authority="HIS",
    filler_order_number="F1",
    filler_authority="RIS",
    accession_number="A&1",
    issuer_of_accession_number="NORTH",
    study_instance_uid="1.2.3",
    procedure_code="CTHEAD",
    procedure_scheme="L",
    procedure_text="CT head",
    modality="CT",
    body_site="HEAD",
    laterality="L",
    priority="stat",
    reason_for_study="fall\nheadache",
    clinical_information="a ~ b | c ^ d \\ e\nnext line",
    ordering_physician_id="D1",
    ordering_physician_name="House^Greg^J^Dr^MD",
    requested_at=datetime(2026, 1, 2, 8, tzinfo=UTC),
    scheduling=Scheduling(requested_procedure_id="RP1", scheduled_procedure_step_id="S1"),
)
_ORM = (
    b"MSH|^~\\&|RIS|NORTH|MERIDIAN|NET|20260102030405||ORM^O01|M7|P|2.3.1\r"
    b"PID|1||X9^^^OTHER^SS~P1^^^NORTH&1.2.3&ISO^MR||Doe^Jane^Q^Jr^Dr||19700203|F\r"
    b"PV1||I\r"
    b"ORC|NW|PL1^HIS|F1^RIS||||^^^20260102^^S\r"
    b"OBR|1|PL1^HIS|F1^RIS|XRKNEE^Knee LEFT two views^L|||||||||pain|||D1^House^Greg||A1|RP1|||||RX|||||||"
    b"^fall\rZDS|1.2.3.4^RIS^Application^DICOM\r"
)


def parse_one(data: bytes) -> ImagingOrderMessage:
    (order,) = parse_order_message(data)
    return order


@pytest.mark.parametrize("message_type", ["ORM^O01", "OMI^O23"])
def test_order_built_is_the_order_read(message_type: str) -> None:
    order = replace(ORDER, message_type=message_type)
    assert parse_one(build_order_message(order)) == order
    assert build_order_message(order) == build_order_message(order)


_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=15).filter(
    lambda text: text.strip() == text and text != '""'
)


@settings(max_examples=200, deadline=None)
@given(text=_text, message_type=st.sampled_from(["ORM^O01", "OMI^O23"]))
def test_any_text_survives_escaping(text: str, message_type: str) -> None:
    order = replace(
        ORDER,
        message_type=message_type,
        patient_id=f"P{text}",
        procedure_text=f"CT {text}x",
        clinical_information=text,
        accession_number=f"A{text}",
    )
    assert parse_one(build_order_message(order)) == order


def test_several_orders_in_one_message() -> None:
    second = replace(ORDER, accession_number="A2", placer_order_number="PL2", procedure_text="CT neck")
    assert parse_order_message(build_order_message(ORDER, second)) == [ORDER, second]


def test_order_of_a_typical_ris() -> None:
    order = parse_one(_ORM)
    assert (order.patient_id, order.issuer_of_patient_id) == ("P1", "NORTH")
    assert order.patient_name == "Doe^Jane^Q^Dr^Jr"
    assert (order.accession_number, order.study_instance_uid) == ("A1", "1.2.3.4")
    assert (order.modality, order.laterality, order.priority) == ("CR", "L", "stat")
    assert (order.reason_for_study, order.clinical_information) == ("fall", "pain")
    assert (order.ordering_physician_id, order.ordering_physician_name) == ("D1", "House^Greg")
    assert order.requested_at == datetime.fromisoformat("2026-01-02")
    assert order.requested_at.tzinfo is None


def test_what_the_worklist_of_a_scanner_needs_from_an_omi() -> None:
    order = parse_one(
        b"MSH|^~\\&|RIS|NORTH|MERIDIAN|NET|20260102030405||OMI^O23|M8|P|2.5.1\r"
        b"PID|1||P1^^^NORTH^^MR||Doe^Jane||19700203|F||||||||||ACC9\r"
        b"PV1||I|WARD3^12^A||||||||||||B6||||V77\rAL1|1||^Iodine\rAL1|2||NUTS\r"
        b"ORC|NW|PL1|F1\rTQ1|1||||||20260103080000||S\r"
        b"OBR|1|PL1|F1|CTHEAD^CT head^L||||||||INF^Infectious||||||||||||||||||WHEEL||||77&Curie&Marie\r"
        b"IPC|A1^NORTH|RP1|1.2.3|SPS1|CT|PHEAD^Head routine^L|CT one|Room 4|NORTH_CT\r"
    )
    assert order.scheduling == Scheduling(
        requested_procedure_id="RP1",
        scheduled_procedure_step_id="SPS1",
        scheduled_station_ae_title="NORTH_CT",
        scheduled_station_name="CT one",
        scheduled_location="Room 4",
        performing_physician_name="Curie^Marie",
        protocol_code="PHEAD",
        protocol_scheme="L",
        protocol_text="Head routine",
        admission_id="V77",
        patient_location="WARD3 12 A",
        patient_transport="WHEEL",
        patient_state="Infectious",
        pregnancy_status=3,
        allergies="Iodine\nNUTS",
    )


def test_what_the_worklist_of_a_scanner_needs_from_an_orm() -> None:
    order = parse_one(
        b"MSH|^~\\&|RIS|NORTH|MERIDIAN|NET|20260102030405||ORM^O01|M7|P|2.3.1\r"
        b"PID|1||P1^^^NORTH^^MR||Doe^Jane\rORC|NW|PL1|F1\r"
        b"OBR|1|PL1|F1|CTHEAD^CT head^L^PHEAD^Head routine^L||||||||||||||A1|RP1|SPS1||||CT||||||||||5^Curie^Marie\r"
    )
    wanted = ("RP1", "SPS1", "PHEAD", "L", "Head routine", "Curie^Marie")
    found = order.scheduling
    assert (found.requested_procedure_id, found.scheduled_procedure_step_id) == wanted[:2]
    assert (found.protocol_code, found.protocol_scheme, found.protocol_text) == wanted[2:5]
    assert found.performing_physician_name == wanted[5]


@pytest.mark.parametrize(
    ("control", "status", "event"),
    [
        ("NW", "", "new"),
        ("XO", "", "change"),
        ("XX", "", "change"),
        ("SC", "IP", "change"),
        ("SC", "CA", "cancel"),
        ("CA", "", "cancel"),
        ("OC", "", "cancel"),
        ("DC", "", "cancel"),
    ],
)
def test_order_control_gives_the_event(control: str, status: str, event: str) -> None:
    data = _ORM.replace(b"ORC|NW|PL1^HIS|F1^RIS||", f"ORC|{control}|PL1^HIS|F1^RIS||{status}".encode())
    assert parse_one(data).event == event


@pytest.mark.parametrize(
    ("code", "priority"),
    [("S", "stat"), ("A", "urgent"), ("T", "urgent"), ("TM15", "urgent"), ("R", "routine"), ("", "routine")],
)
def test_priority_codes(code: str, priority: str) -> None:
    assert parse_one(_ORM.replace(b"^^S\r", f"^^{code}\r".encode())).priority == priority


def test_accession_number_falls_back_to_the_filler_order_number() -> None:
    order = parse_one(_ORM.replace(b"||A1|RP1", b"|||RP1"))
    assert (order.accession_number, order.issuer_of_accession_number) == ("F1", "RIS")


def test_cancellation_needs_no_request_segment() -> None:
    data = _ORM.replace(b"ORC|NW", b"ORC|CA")
    order = parse_one(data[: data.index(b"OBR|")])
    assert (order.event, order.placer_order_number, order.accession_number) == ("cancel", "PL1", "F1")


@pytest.mark.parametrize(
    ("codec", "charset", "name"),
    [
        ("latin-1", "8859/1", "Müller^Jürgen"),
        ("iso8859-7", "8859/7", "Παπαδόπουλος^Νίκος"),
        ("iso8859-5", "8859/5", "Пушкин^Александр"),
        ("utf-8", "UNICODE UTF-8", "山田^太郎"),
        ("utf-8", "", "Müller^Jürgen"),
        ("latin-1", "", "Müller^Jürgen"),
        ("euc_kr", "KS X 1001", "홍^길동"),
        ("gb18030", "GB 18030-2000", "王^小东"),
        ("iso2022_jp", "ASCII~ISO IR87", "山田^太郎"),
        ("shift_jis", "ISO IR14", "表^ソ"),
    ],
)
def test_names_arrive_in_their_script(codec: str, charset: str, name: str) -> None:
    text = _ORM.decode().replace("Doe^Jane^Q^Jr^Dr", name).replace("|P|2.3.1", f"|P|2.3.1||||||{charset}")
    assert parse_one(text.encode(codec)).patient_name == name


@pytest.mark.parametrize(
    ("old", "new", "segment", "field"),
    [
        (b"|M7|", b"||", "MSH", 10),
        (b"P|2.3.1", b"P|2.3.1||||||KLINGON", "MSH", 18),
        (b"X9^^^OTHER^SS~P1^^^NORTH&1.2.3&ISO^MR", b"", "PID", 3),
        (b"PID|", b"ZID|", "PID", 0),
        (b"ORC|NW", b"ORC|", "ORC", 1),
        (b"ORC|NW", b"ORC|QQ", "ORC", 1),
        (b"ORC|", b"ZRC|", "ORC", 0),
        (b"ZDS|1.2.3.4", b"ZDS|nonsense", "ZDS", 1),
    ],
)
def test_faults_name_segment_and_field_and_quote_nothing(old: bytes, new: bytes, segment: str, field: int) -> None:
    assert old in _ORM
    with pytest.raises(Hl7FieldError) as caught:
        parse_order_message(_ORM.replace(old, new))
    assert (caught.value.segment, caught.value.field) == (segment, field)
    assert "Doe" not in str(caught.value)


def test_new_order_without_any_number_is_refused() -> None:
    data = _ORM.replace(b"||A1|RP1", b"|||RP1").replace(b"|F1^RIS", b"|")
    with pytest.raises(Hl7FieldError) as caught:
        parse_order_message(data)
    assert (caught.value.segment, caught.value.field) == ("OBR", 18)


def test_other_messages_are_not_supported() -> None:
    with pytest.raises(Hl7MessageTypeNotSupported, match=r"ADT\^A01"):
        parse_order_message(_ORM.replace(b"ORM^O01", b"ADT^A01"))


@pytest.mark.parametrize(
    "data", [b"", b"MSH", b"GET / HTTP/1.1\r\n", b"MSH|", b"MSH||||||||||", b"MSHaaaaaaaaaa", b"\x00" * 20]
)
def test_other_bytes_are_no_message(data: bytes) -> None:
    with pytest.raises(Hl7SyntaxError):
        parse_order_message(data)


def test_line_feeds_and_other_delimiters_are_read() -> None:
    assert parse_one(_ORM.replace(b"\r", b"\r\n")) == parse_one(_ORM) == parse_one(_ORM.replace(b"\r", b"\n"))
    swapped = _ORM.translate(bytes.maketrans(b"|^&", b"#@%"))
    assert parse_one(swapped) == parse_one(_ORM)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_messages_never_raise_anything_else(data: st.DataObject) -> None:
    content = bytearray(_ORM)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, 3))
    try:
        parse_order_message(bytes(content[start:]))
    except Hl7Error:
        return
