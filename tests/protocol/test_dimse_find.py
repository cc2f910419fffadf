"""C-FIND over real associations: DCMTK's findscu and pynetdicom as users, at all four levels."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from pynetdicom.sop_class import (
    CTImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from hospitals.models import Hospital
from pacs_core.archive.models import Study
from pacs_core.network.dimse.statuses import comment
from pacs_core.network.models import RejectedAssociation
from tests.pacs_core.archive.instances import make_dataset
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually  # noqa: F401
from tests.story import in_hospital, make_hospital, make_node, make_patient, make_study
from tests.tools import require_tool

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

STUDY_ROOT, PATIENT_ROOT = StudyRootQueryRetrieveInformationModelFind, PatientRootQueryRetrieveInformationModelFind
PENDING, WITHOUT_SOME_KEYS, SUCCESS = 0xFF00, 0xFF01, 0x0000
NOT_AUTHORIZED, IDENTIFIER, UNABLE, CANCELLED = 0x0124, 0xA900, 0xC000, 0xFE00
Answers = list[tuple[Dataset, Dataset | None]]


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital, "NORTH_WS", may_store=False, may_find=True)
    return hospital


@contextmanager
def calling(server: RunningServer, *sop_classes: str, title: str = "NORTH_WS") -> Iterator[Association]:
    ae = AE(ae_title=title)
    for sop_class in sop_classes or (STUDY_ROOT, PATIENT_ROOT):
        ae.add_requested_context(sop_class)
    association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN")
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def identifier(level: str | None, **keys: Any) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = keys.pop("SpecificCharacterSet", "ISO_IR 192")
    if level is not None:
        asked.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def find(server: RunningServer, level: str | None, *, model: str = STUDY_ROOT, **keys: Any) -> Answers:
    with calling(server, model) as association:
        return list(association.send_c_find(identifier(level, **keys), model))


def matches(answers: Answers) -> list[Dataset]:
    """Return what was found; the last answer must be a success without an identifier."""
    *pending, (last, nothing) = answers
    assert (last.Status, nothing) == (SUCCESS, None)
    assert {status.Status for status, _ in pending} <= {PENDING, WITHOUT_SOME_KEYS}
    return [found for _, found in pending if found is not None]


def last_status(answers: Answers) -> Dataset:
    return answers[-1][0]


def test_findscu_gets_a_day_of_studies(north: Hospital, dimse_server: RunningServer, tmp_path: Path) -> None:
    study = make_study(north, study_at=datetime(2024, 3, 1, 23, 30, tzinfo=UTC))
    make_study(north, study_at=datetime(2024, 3, 5, tzinfo=UTC))
    keys = ("QueryRetrieveLevel=STUDY", "StudyDate=20240302", "StudyTime", "StudyInstanceUID", "PatientName")
    command = [require_tool("findscu"), "-S", "-X", "-aet", "NORTH_WS", "-aec", "MERIDIAN"]
    command += [part for key in keys for part in ("-k", key)]
    done = subprocess.run([*command, "127.0.0.1", str(dimse_server.port)], cwd=tmp_path, timeout=30, check=False)
    assert done.returncode == 0
    (answer,) = (dcmread(path, force=True) for path in sorted(tmp_path.glob("rsp*.dcm")))
    assert (answer.StudyInstanceUID, answer.StudyDate, answer.StudyTime) == (
        study.study_instance_uid,
        "20240302",
        "003000",
    )
    assert answer.PatientName == study.patient.name


def test_a_study_answers_every_key_that_real_archives_are_asked_for(
    north: Hospital, dimse_server: RunningServer
) -> None:
    study = file_study(north, images=2)
    asked = {
        "StudyInstanceUID": "",
        "ModalitiesInStudy": "",
        "NumberOfStudyRelatedSeries": None,
        "NumberOfStudyRelatedInstances": None,
        "SOPClassesInStudy": "",
        "StudyDescription": "",
        "ReferringPhysicianName": "",
        "InstanceAvailability": "",
        "TimezoneOffsetFromUTC": "",
        "AccessionNumber": "",
        "PatientID": "",
        "StudyID": "",
        "PatientWeight": None,
    }
    (found,) = matches(find(dimse_server, "STUDY", **asked))
    assert found.StudyInstanceUID == study.study_instance_uid
    assert (found.NumberOfStudyRelatedSeries, found.NumberOfStudyRelatedInstances) == (1, 2)
    assert (found.ModalitiesInStudy, found.SOPClassesInStudy) == ("CT", CTImageStorage)
    assert (found.StudyDescription, found.InstanceAvailability) == ("CT head", "ONLINE")
    assert (found.PatientID, found.AccessionNumber) == (study.patient.patient_id, study.accession_number)
    assert found.StudyID == "S7"  # from the images' header
    assert found.TimezoneOffsetFromUTC in ("+0100", "+0200")
    assert (found.QueryRetrieveLevel, found.RetrieveAETitle) == ("STUDY", "MERIDIAN")
    assert found.PatientWeight is None
    assert set(found.dir()) == {*asked, "SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle"}


def test_all_four_levels_of_the_patient_root(north: Hospital, dimse_server: RunningServer) -> None:
    study = file_study(north, images=2)
    patient_id, uid = study.patient.patient_id, study.study_instance_uid

    def found(level: str, **keys: Any) -> list[Dataset]:
        return matches(find(dimse_server, level, model=PATIENT_ROOT, **keys))

    (patient,) = found(
        "PATIENT",
        PatientID="",
        PatientBirthDate=study.patient.birth_date.strftime("%Y%m%d"),
        NumberOfPatientRelatedStudies=None,
        NumberOfPatientRelatedSeries=None,
        NumberOfPatientRelatedInstances=None,
    )
    assert patient.PatientID == patient_id
    assert (patient.NumberOfPatientRelatedStudies, patient.NumberOfPatientRelatedSeries) == (1, 1)
    assert patient.NumberOfPatientRelatedInstances == 2
    (one,) = found("STUDY", PatientID=patient_id, StudyInstanceUID="")
    assert one.StudyInstanceUID == uid
    (series,) = found(
        "SERIES", PatientID=patient_id, StudyInstanceUID=uid, Modality="CT", NumberOfSeriesRelatedInstances=None
    )
    assert series.NumberOfSeriesRelatedInstances == 2
    images = found(
        *("IMAGE",),
        **{"PatientID": patient_id, "StudyInstanceUID": uid, "SeriesInstanceUID": f"{uid}.1", "SOPInstanceUID": ""},
        InstanceNumber=None,
        Rows=None,
    )
    assert [(image.InstanceNumber, image.Rows, image.SOPInstanceUID) for image in images] == [
        (1, 16, f"{uid}.1.1"),
        (2, 16, f"{uid}.1.2"),
    ]


@pytest.mark.parametrize(
    ("keys", "is_found"),
    [
        ({"PatientName": "müller^*"}, True),
        ({"PatientName": "M?LLER^J*"}, True),
        ({"PatientName": "MULLER^*"}, True),
        ({"PatientName": "Mueller*"}, False),
        ({"PatientName": "MULLER^JURGEN"}, True),
        ({"PatientName": "Muller"}, False),
        ({"PatientName": "yamada^taro^"}, True),
        ({"PatientName": "山?^太?"}, True),
        ({"PatientName": "Muller^Jurgen=山田*"}, True),
        ({"PatientName": "Taro*"}, False),
        ({"PatientName": "山田^*"}, True),
        ({"PatientName": "Yamada^*"}, True),
        ({"PatientID": "p-1"}, False),
        ({"PatientID": "P-*"}, True),
        ({"StudyInstanceUID": ["1.2.3", "2.25.9001"]}, True),
        ({"StudyInstanceUID": "1.2.3"}, False),
        ({"StudyDate": "20240101-20240301"}, True),
        ({"StudyDate": "20240302-"}, False),
        ({"StudyDate": "00010101-99991231"}, True),
        ({"StudyDate": "20240301", "StudyTime": "0800-0900"}, True),
        ({"StudyTime": "0830"}, True),
        ({"StudyTime": "-0829"}, False),
        ({"ModalitiesInStudy": ["MR", "CT"]}, True),
        ({"ModalitiesInStudy": "US"}, False),
        ({"SOPClassesInStudy": CTImageStorage}, True),
        ({"SOPClassesInStudy": "1.2.840.10008.5.1.4.1.1.4"}, False),
        ({"PatientBirthDate": "19700102"}, True),
        ({"PatientName": "*", "AccessionNumber": ""}, True),
    ],
)
def test_matching(north: Hospital, dimse_server: RunningServer, keys: dict[str, Any], is_found: bool) -> None:
    patient = make_patient(
        north, name="Müller^Jürgen=山田^太郎=Yamada^Taro", patient_id="P-1", birth_date=date(1970, 1, 2)
    )
    make_study(
        north, patient, study_instance_uid="2.25.9001", study_at=datetime(2024, 3, 1, 7, 30, tzinfo=UTC)
    )  # 08:30 in Berlin
    found = matches(find(dimse_server, "STUDY", **({"StudyInstanceUID": ""} | keys)))
    assert len(found) == int(is_found)


def extended(server: RunningServer, flags: bytes, level: str, **keys: Any) -> tuple[bytes, Answers]:
    """Find after SOP class extended negotiation; return what was agreed to, and the answers."""
    ae = AE(ae_title="NORTH_WS")
    ae.add_requested_context(STUDY_ROOT)
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = STUDY_ROOT, flags
    association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN", ext_neg=[item])
    agreed = association.acceptor.sop_class_extended.get(STUDY_ROOT, b"")
    answers = list(association.send_c_find(identifier(level, **keys), STUDY_ROOT))
    association.release()
    return agreed, answers


@pytest.mark.parametrize(
    ("flags", "days", "clocks", "found_on"),
    [
        (b"\x00\x01", "20240301-20240303", "2000-0600", ["1", "2", "3"]),
        (b"\x00\x01", "20240301-", "2200-", ["2", "3", "4"]),
        (b"\x00\x01", "-20240302", "-1200", ["1", "2"]),
        (b"\x00\x01", "20240302", "1100-1300", ["2"]),
        (b"\x00\x00", "20240301-20240303", "1100-1300", ["2"]),
        (b"", "20240301-20240303", "0500-0600", ["3"]),
    ],
)
def test_dates_and_times_are_one_period_where_that_was_negotiated(
    north: Hospital, dimse_server: RunningServer, flags: bytes, days: str, clocks: str, found_on: list[str]
) -> None:
    patient = make_patient(north)
    for number, (day, hour) in enumerate(((1, 20), (2, 11), (3, 4), (3, 19)), start=1):  # an hour later in Berlin
        make_study(north, patient, study_at=datetime(2024, 3, day, hour, tzinfo=UTC), accession_number=str(number))
    agreed, answers = extended(
        dimse_server, flags, "STUDY", StudyDate=days, StudyTime=clocks, AccessionNumber="", StudyInstanceUID=""
    )
    assert agreed == flags
    assert sorted(study.AccessionNumber for study in matches(answers)) == found_on


def test_relational_queries_need_no_unique_key_above_and_the_rest_is_not_agreed_to(
    north: Hospital, dimse_server: RunningServer
) -> None:
    study = file_study(north)
    agreed, answers = extended(
        dimse_server, b"\x01\x01\x01\x01\x01", "SERIES", PatientID=study.patient.patient_id, SeriesInstanceUID=""
    )
    assert agreed == b"\x01\x01\x00\x00\x00"
    assert [series.SeriesInstanceUID for series in matches(answers)] == [f"{study.study_instance_uid}.1"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("ISO_IR 100", "ISO_IR 100"),
        ("ISO_IR 144", "ISO_IR 192"),
        ("", "ISO_IR 192"),
        ("GB18030", "GB18030"),
        (["", "ISO 2022 IR 87"], "ISO_IR 192"),
        (["", "ISO 2022 IR 100"], ["", "ISO 2022 IR 100"]),
    ],
)
def test_answers_come_in_the_character_set_asked_for_where_it_serves(
    north: Hospital, dimse_server: RunningServer, asked: str, answered: str
) -> None:
    make_study(north, make_patient(north, name="Müller^Jürgen"))
    (found,) = matches(find(dimse_server, "STUDY", SpecificCharacterSet=asked, PatientName="", StudyInstanceUID=""))
    assert (found.SpecificCharacterSet, found.PatientName) == (answered, "Müller^Jürgen")


@pytest.mark.parametrize(
    ("level", "model", "keys", "status", "comment"),
    [
        (None, STUDY_ROOT, {}, IDENTIFIER, "QueryRetrieveLevel is ''"),
        ("PATIENT", STUDY_ROOT, {}, IDENTIFIER, "QueryRetrieveLevel is 'PATIENT'"),
        ("STUDY", PATIENT_ROOT, {"StudyInstanceUID": ""}, IDENTIFIER, "PatientID must have one value"),
        ("SERIES", STUDY_ROOT, {"SeriesInstanceUID": ""}, IDENTIFIER, "StudyInstanceUID must have one value"),
        ("IMAGE", STUDY_ROOT, {"StudyInstanceUID": "1.2"}, IDENTIFIER, "SeriesInstanceUID must have one value"),
        ("STUDY", STUDY_ROOT, {"StudyDate": "20240231"}, UNABLE, "StudyDate is '20240231'"),
    ],
)
def test_what_cannot_be_answered_says_why(
    north: Hospital, dimse_server: RunningServer, level: str | None, model: str, keys: dict[str, Any], status: int,
    comment: str,
) -> None:  # fmt: skip
    answers = find(dimse_server, level, model=model, **keys)
    assert len(answers) == 1
    assert last_status(answers).Status == status
    assert last_status(answers).ErrorComment.startswith(comment)


def test_too_many_keys_from_headers_are_refused(north: Hospital, dimse_server: RunningServer) -> None:
    asked = identifier("STUDY", StudyInstanceUID="")
    for element in range(0x1000, 0x1100):
        asked.add_new((0x0009, element), "LO", "")
    with calling(dimse_server) as association:
        ((status, _),) = association.send_c_find(asked, STUDY_ROOT)
    assert status.Status == UNABLE
    assert status.ErrorComment == "256 keys are looked up in headers, at most 100"


def test_a_reason_fits_its_element() -> None:
    assert comment("Größe \\ " + "x" * 70) == "Gr??e / " + "x" * 56


def test_a_key_that_cannot_be_matched_is_told_with_each_answer(north: Hospital, dimse_server: RunningServer) -> None:
    make_study(north)
    answers = find(dimse_server, "STUDY", StudyInstanceUID="", PatientWeight="70")
    assert [status.Status for status, _ in answers] == [WITHOUT_SOME_KEYS, SUCCESS]


def test_a_cancelled_search_stops(north: Hospital, dimse_server: RunningServer) -> None:
    patient = make_patient(north)
    with in_hospital(north):
        Study.objects.bulk_create(
            Study(hospital=north, patient=patient, study_instance_uid=f"2.25.5{number:05}") for number in range(3000)
        )
    with calling(dimse_server) as association:
        answers = association.send_c_find(identifier("STUDY", StudyInstanceUID=""), STUDY_ROOT, msg_id=7)
        next(answers)
        association.send_c_cancel(7, query_model=STUDY_ROOT)
        statuses = [status.Status for status, _ in answers]
    assert statuses[-1] == CANCELLED
    assert len(statuses) < 3000


def test_another_hospitals_studies_are_not_found(north: Hospital, dimse_server: RunningServer) -> None:
    own, other = make_study(north), make_study(make_hospital("SOUTH"))
    found = matches(find(dimse_server, "STUDY", StudyInstanceUID=""))
    assert [one.StudyInstanceUID for one in found] == [own.study_instance_uid]
    assert matches(find(dimse_server, "SERIES", StudyInstanceUID=other.study_instance_uid, SeriesInstanceUID="")) == []
    patient_id = other.patient.patient_id
    assert matches(find(dimse_server, "PATIENT", model=PATIENT_ROOT, PatientID=patient_id)) == []


def test_a_node_that_may_not_search_is_turned_away_or_told(north: Hospital, dimse_server: RunningServer) -> None:
    make_node(north, "NORTH_CT")
    make_study(north)
    with calling(dimse_server, title="NORTH_CT") as association:
        assert association.is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(reason="node_may_not_find").exists())
    with calling(dimse_server, STUDY_ROOT, CTImageStorage, title="NORTH_CT") as association:
        answers = list(association.send_c_find(identifier("STUDY", StudyInstanceUID=""), STUDY_ROOT))
    assert [(status.Status, found) for status, found in answers] == [(NOT_AUTHORIZED, None)]


def test_a_node_that_may_only_search_stores_nothing(north: Hospital, dimse_server: RunningServer) -> None:
    with calling(dimse_server, STUDY_ROOT, CTImageStorage) as association:
        assert association.send_c_store(make_dataset()).Status == NOT_AUTHORIZED
    with in_hospital(north):
        assert not Study.objects.exists()
