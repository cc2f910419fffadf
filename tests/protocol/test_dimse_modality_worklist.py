"""The Modality Worklist over real associations: DCMTK's findscu and pynetdicom as scanners (PS3.4 K)."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom.sop_class import CTImageStorage, ModalityWorklistInformationFind

from hospitals.models import Hospital
from pacs_core.network.models import RejectedAssociation
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually  # noqa: F401
from tests.protocol.test_dimse_find import calling, last_status, matches
from tests.story import in_hospital, make_hospital, make_node, make_order, make_patient
from tests.tools import require_tool
from worklist.models import Order

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

MWL = ModalityWorklistInformationFind
NOT_AUTHORIZED, IDENTIFIER, UNABLE, WITHOUT_SOME_KEYS = 0x0124, 0xA900, 0xC000, 0xFF01
EIGHT = datetime(2026, 1, 15, 7, 0, tzinfo=UTC)  # 08:00 in Berlin
STEP = "ScheduledProcedureStepSequence"
# PS3.4 table K.6-1.
STEP_KEYS = (
    *("ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime", "ScheduledPerformingPhysicianName"),
    *("ScheduledProcedureStepDescription", "ScheduledStationName", "ScheduledProcedureStepLocation", "PreMedication"),
    *("ScheduledProcedureStepID", "ScheduledProcedureStepStatus", "RequestedContrastAgent"),
)
ORDER_KEYS = (
    *("RequestedProcedureID", "RequestedProcedureDescription", "RequestedProcedurePriority", "PatientID"),
    *("PatientTransportArrangements", "RequestingPhysician", "ReferringPhysicianName", "AdmissionID", "Allergies"),
    *("IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientState", "MedicalAlerts", "SpecialNeeds"),
    *("ConfidentialityConstraintOnPatientDataDescription", "CurrentPatientLocation", "PatientWeight"),
    *("PlacerOrderNumberImagingServiceRequest", "ReasonForTheRequestedProcedure", "PregnancyStatus"),
    *("RequestedProcedureCodeSequence", "ReferencedStudySequence", "ReferencedPatientSequence"),
    "IssuerOfAccessionNumberSequence",
)
NUMBERS = ("PatientWeight", "PregnancyStatus")
SEQUENCES = tuple(keyword for keyword in ORDER_KEYS if keyword.endswith("Sequence"))


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital, may_query_worklist=True)
    return hospital


def ordered(hospital: Hospital, name: str = "DOE^JANE", **fields: Any) -> Order:
    patient = make_patient(hospital, name=name)
    values = {"requested_at": EIGHT, "study_instance_uid": f"2.25.77{patient.pk}", "procedure_scheme": "L"}
    return make_order(hospital, patient, **(values | fields))


def asked(step: dict[str, Any] | None = None, **keys: Any) -> Dataset:
    identifier = Dataset()
    identifier.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in ({"PatientName": "", "AccessionNumber": "", "StudyInstanceUID": ""} | keys).items():
        setattr(identifier, keyword, value)
    item = Dataset()
    for keyword, value in ({"ScheduledStationAETitle": "", "Modality": ""} | (step or {})).items():
        setattr(item, keyword, value)
    identifier.ScheduledProcedureStepSequence = [item]
    return identifier


def find(server: RunningServer, identifier: Dataset, *, title: str = "NORTH_CT") -> list[Any]:
    with calling(server, MWL, title=title) as association:
        return list(association.send_c_find(identifier, MWL))


def found(server: RunningServer, step: dict[str, Any] | None = None, **keys: Any) -> list[Dataset]:
    return matches(find(server, asked(step, **keys)))


def test_findscu_gets_the_steps_of_its_station(north: Hospital, dimse_server: RunningServer, tmp_path: Path) -> None:
    order = ordered(north, "Müller^Jürgen", scheduled_station_ae_title="NORTH_CT")
    ordered(north, scheduled_station_ae_title="NORTH_MR")
    step = "(0040,0100)[0]."
    keys = ["PatientName", "PatientID", "StudyInstanceUID", f"{step}ScheduledStationAETitle=NORTH_CT"]
    keys += [f"{step}Modality=CT", f"{step}ScheduledProcedureStepStartDate=20260115", f"{step}0040,0003"]
    command = [require_tool("findscu"), "-W", "-X", "-aet", "NORTH_CT", "-aec", "MERIDIAN"]
    command += [part for key in keys for part in ("-k", key)]
    done = subprocess.run([*command, "127.0.0.1", str(dimse_server.port)], cwd=tmp_path, timeout=30, check=False)
    assert done.returncode == 0
    (answer,) = (dcmread(path, force=True) for path in sorted(tmp_path.glob("rsp*.dcm")))
    assert (answer.PatientName, answer.StudyInstanceUID) == ("Müller^Jürgen", order.study_instance_uid)
    (item,) = answer.ScheduledProcedureStepSequence
    assert (item.ScheduledStationAETitle, item.Modality) == ("NORTH_CT", "CT")
    assert (item.ScheduledProcedureStepStartDate, item.ScheduledProcedureStepStartTime) == ("20260115", "080000")


def test_every_key_of_the_model_is_answered(north: Hospital, dimse_server: RunningServer) -> None:
    order = ordered(
        north,
        **{"priority": "urgent", "referring_physician_name": "House^Greg", "requested_procedure_id": "RP1"},
        **{"scheduled_procedure_step_id": "SPS1", "scheduled_station_name": "CT one", "scheduled_location": "Room 4"},
        **{"performing_physician_name": "Curie^Marie", "protocol_code": "PHEAD", "protocol_text": "Head routine"},
        **{"admission_id": "V77", "patient_location": "WARD3", "pregnancy_status": 3, "allergies": "Iodine\nNuts"},
        **{"reason_for_study": "Stroke?", "procedure_code": "A-CODE-LONGER-THAN-16", "placer_order_number": "PL1"},
    )
    step = dict.fromkeys(STEP_KEYS, "")
    keys = {keyword: [] if keyword in SEQUENCES else None if keyword in NUMBERS else "" for keyword in ORDER_KEYS}
    answer, *others = found(
        dimse_server,
        step | {"ScheduledProtocolCodeSequence": []},
        **keys,
    )
    assert not others
    assert (answer.AccessionNumber, answer.StudyInstanceUID) == (order.accession_number, order.study_instance_uid)
    assert (answer.RequestedProcedureID, answer.RequestedProcedurePriority) == ("RP1", "HIGH")
    assert (answer.IssuerOfPatientID, answer.PatientBirthDate, answer.PatientSex) == ("NORTH", "19700102", "F")
    assert (answer.RequestingPhysician, answer.ReferringPhysicianName) == ("House^Greg", "House^Greg")
    assert (answer.AdmissionID, answer.CurrentPatientLocation, answer.PregnancyStatus) == ("V77", "WARD3", 3)
    assert (list(answer.Allergies), answer.ReasonForTheRequestedProcedure) == (["Iodine", "Nuts"], "Stroke?")
    assert answer.IssuerOfAccessionNumberSequence[0].LocalNamespaceEntityID == "NORTH"
    (code,) = answer.RequestedProcedureCodeSequence
    assert (code.LongCodeValue, code.CodingSchemeDesignator) == ("A-CODE-LONGER-THAN-16", "L")
    assert not answer.ReferencedStudySequence
    assert answer.PatientWeight is None
    (item,) = answer.ScheduledProcedureStepSequence
    assert (item.ScheduledProcedureStepID, item.ScheduledProcedureStepStatus) == ("SPS1", "SCHEDULED")
    assert (item.ScheduledStationName, item.ScheduledProcedureStepLocation) == ("CT one", "Room 4")
    assert item.ScheduledPerformingPhysicianName == "Curie^Marie"
    assert item.ScheduledProtocolCodeSequence[0].CodeValue == "PHEAD"
    assert item.ScheduledStationAETitle == "NORTH_CT"
    assert set(item.dir()) == {*step, "ScheduledProtocolCodeSequence", "ScheduledStationAETitle", "Modality"}


# Keys of the step, of the order, and whether the one order is found by them.
MATCHING: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"ScheduledProcedureStepStartDate": "20260115"}, {}, True),
    ({"ScheduledProcedureStepStartDate": "20260116-"}, {}, False),
    ({"ScheduledProcedureStepStartDate": "00010101-99991231"}, {}, True),
    ({"ScheduledProcedureStepStartTime": "0800"}, {}, True),
    ({"ScheduledProcedureStepStartTime": "0900-"}, {}, False),
    # Two ranges are one: from the 14th, 9 o'clock, to the 16th, 7 o'clock.
    (
        {"ScheduledProcedureStepStartDate": "20260114-20260116", "ScheduledProcedureStepStartTime": "0900-0700"},
        {},
        True,
    ),
    (
        {"ScheduledProcedureStepStartDate": "20260115-20260116", "ScheduledProcedureStepStartTime": "0900-1000"},
        {},
        False,
    ),
    ({"Modality": "CT"}, {}, True),
    ({"Modality": "MR"}, {}, False),
    ({"ScheduledStationAETitle": "NORTH_MR"}, {}, True),  # the order is for any station
    ({"ScheduledPerformingPhysicianName": "CURIE^*"}, {}, True),
    ({"ScheduledPerformingPhysicianName": "Pasteur*"}, {}, False),
    ({"ScheduledProcedureStepStatus": "STARTED"}, {}, False),
    ({"ScheduledProcedureStepID": "SPS1"}, {}, True),
    ({}, {"PatientName": "παπαδοπουλου^*"}, True),
    ({}, {"PatientName": "山田^*"}, True),
    ({}, {"PatientName": "Taro*"}, False),
    ({}, {"AccessionNumber": "A-7"}, True),
    ({}, {"AccessionNumber": "B*"}, False),
    ({}, {"IssuerOfPatientID": "SOUTH"}, False),
    ({}, {"StudyInstanceUID": ["1.2.3", "2.25.42"]}, True),
    ({}, {"RequestedProcedurePriority": "STAT"}, False),
    ({}, {"PatientBirthDate": "19700102"}, True),
]


def test_matching(north: Hospital, dimse_server: RunningServer) -> None:
    ordered(
        north,
        "Παπαδοπούλου^Μαρία=山田^太郎=やまだ^たろう",
        **{"accession_number": "A-7", "study_instance_uid": "2.25.42", "scheduled_procedure_step_id": "SPS1"},
        performing_physician_name="Curie^Marie",
    )
    with calling(dimse_server, MWL, title="NORTH_CT") as association:
        answered = [len(matches(list(association.send_c_find(asked(step, **keys), MWL)))) for step, keys, _ in MATCHING]
    assert list(zip(MATCHING, answered, strict=True)) == [(case, int(case[2])) for case in MATCHING]


@pytest.mark.parametrize(
    ("name", "character_set"),
    [
        ("Παπαδοπούλου^Μαρία", "ISO_IR 126"),
        ("Люкceмбypг^Роза", "ISO_IR 144"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "ISO_IR 192"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "ISO_IR 192"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["", "ISO 2022 IR 87"]),
        ("Hong^Gildong=洪^吉洞=홍^길동", ["", "ISO 2022 IR 149"]),
    ],
)
def test_names_of_every_script_come_in_the_character_set_asked_for(
    north: Hospital, dimse_server: RunningServer, name: str, character_set: str | list[str]
) -> None:
    ordered(north, name)
    (answer,) = found(dimse_server, SpecificCharacterSet=character_set)
    assert (answer.SpecificCharacterSet, answer.PatientName) == (character_set, name)


def test_only_what_is_still_to_be_examined_is_offered_and_only_to_its_hospital(
    north: Hospital, dimse_server: RunningServer
) -> None:
    waiting, begun = ordered(north), ordered(north, status="in_progress")
    for status in ("cancelled", "performed", "discontinued"):
        ordered(north, status=status)
    ordered(make_hospital("SOUTH"))
    answers = found(dimse_server, {"ScheduledProcedureStepStatus": ""})
    assert [(one.AccessionNumber, one[STEP][0].ScheduledProcedureStepStatus) for one in answers] == [
        (waiting.accession_number, "SCHEDULED"),
        (begun.accession_number, "STARTED"),
    ]


@pytest.mark.parametrize(
    ("step", "keys", "status", "comment"),
    [
        ({"ScheduledProcedureStepStartDate": "20260231"}, {}, UNABLE, "ScheduledProcedureStepStartDate is '20260231'"),
        ({}, {STEP: [Dataset(), Dataset()]}, IDENTIFIER, f"{STEP} has several items"),
    ],
)
def test_what_cannot_be_answered_says_why(
    north: Hospital, dimse_server: RunningServer, step: dict[str, Any], keys: dict[str, Any], status: int,
    comment: str,
) -> None:  # fmt: skip
    identifier = asked(step)
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    answers = find(dimse_server, identifier)
    assert [last_status(answers).Status, len(answers)] == [status, 1]
    assert last_status(answers).ErrorComment.startswith(comment)


def test_a_key_that_cannot_be_matched_is_told(north: Hospital, dimse_server: RunningServer) -> None:
    ordered(north)
    answers = find(dimse_server, asked(PatientWeight="70"))
    assert [status.Status for status, _ in answers] == [WITHOUT_SOME_KEYS, 0x0000]


def test_a_cancelled_query_stops(north: Hospital, dimse_server: RunningServer) -> None:
    patient = make_patient(north)
    with in_hospital(north):
        Order.objects.bulk_create(
            Order(hospital=north, patient=patient, accession_number=f"A{number}", issuer_of_accession_number="NORTH")
            for number in range(2000)
        )
    with calling(dimse_server, MWL, title="NORTH_CT") as association:
        answers = association.send_c_find(asked(), MWL, msg_id=7)
        next(answers)
        association.send_c_cancel(7, query_model=MWL)
        statuses = [status.Status for status, _ in answers]
    assert statuses[-1] == 0xFE00
    assert len(statuses) < 2000


def test_a_node_without_the_right_or_paused_is_turned_away_or_told(
    north: Hospital, dimse_server: RunningServer
) -> None:
    make_node(north, "NORTH_WS", may_find=True)
    make_node(north, "NORTH_OLD", may_query_worklist=True, is_paused=True)
    ordered(north)
    for title, reason in (("NORTH_WS", "node_may_not_query_worklist"), ("NORTH_OLD", "node_paused")):
        with calling(dimse_server, MWL, title=title) as association:
            assert association.is_rejected
        assert eventually(lambda reason=reason: RejectedAssociation.objects.filter(reason=reason).exists())
    with calling(dimse_server, MWL, CTImageStorage, title="NORTH_WS") as association:
        answers = list(association.send_c_find(asked(), MWL))
    assert [(status.Status, one) for status, one in answers] == [(NOT_AUTHORIZED, None)]
