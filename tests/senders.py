"""What stands in a hospital: a RIS that sends orders by MLLP, a scanner whose files DCMTK sends."""

import socket
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pydicom

from pacs_core.standards.dicom.synthetic.shipped import DemoIdentity, pydicom_shipped_files, rehome
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.study import part10_bytes, synthetic_study
from pacs_core.standards.hl7.messages import ImagingOrderMessage
from pacs_core.standards.hl7.mllp import MllpDecoder, encode_block
from pacs_core.standards.hl7.order_building import build_order_message
from tests.tools import require_tool


def send_message(port: int, message: bytes) -> bytes:
    """Send one HL7 message by MLLP; return the acknowledgement."""
    decoder = MllpDecoder()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(encode_block(message))
        while chunk := connection.recv(65_536):
            for answer in decoder.feed(chunk):
                assert isinstance(answer, bytes)
                return answer
    raise AssertionError("The listener closed without an acknowledgement")


def order_message(**fields: Any) -> bytes:
    values: dict[str, Any] = {
        "sending_application": "RIS",
        "sending_facility": "NORTH",
        "message_control_id": "M1",
        "message_type": "ORM^O01",
        "message_at": datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        "event": "new",
        "order_control": "NW",
        "patient_id": "P1",
        "issuer_of_patient_id": "NORTH",
        "patient_name": "DOE^JANE",
        "birth_date": date(1970, 1, 2),
        "sex": "F",
        "placer_order_number": "PL1",
        "accession_number": "A1",
        "issuer_of_accession_number": "NORTH",
        "procedure_code": "CTHEAD",
        "procedure_text": "CT head without contrast",
        "modality": "CT",
        "body_site": "HEAD",
        "priority": "stat",
        "clinical_information": "Sudden weakness. Haemorrhage?",
        "ordering_physician_id": "N1001",
        "ordering_physician_name": "KELLER^ANNA",
    }
    return build_order_message(ImagingOrderMessage(**(values | fields)))


def head_ct(instances: int = 4, **fields: Any) -> SyntheticStudySpec:
    values: dict[str, Any] = {
        "modality": "CT",
        "body_part": "HEAD",
        "number_of_instances": instances,
        "patient_id": "P1",
        "issuer_of_patient_id": "NORTH",
        "patient_name": "DOE^JANE",
        "birth_date": date(1970, 1, 2),
        "sex": "F",
        "accession_number": "A1",
        "issuer_of_accession_number": "NORTH",
        "study_at": datetime(2026, 11, 24, 9, 30),  # noqa: DTZ001  a DICOM local time has no zone
        "study_description": "CT head without contrast",
    }
    return SyntheticStudySpec(**(values | fields))


def write_real_ct(folder: Path) -> None:
    """Write pydicom's real CT slice as the examination that `order_message()` orders: its pixels are a scanner's."""
    identity = DemoIdentity(
        study_key="real-ct",
        patient_id="P1",
        issuer_of_patient_id="NORTH",
        patient_name="DOE^JANE",
        birth_date=date(1970, 1, 2),
        sex="F",
        accession_number="A1",
        issuer_of_accession_number="NORTH",
        study_at=datetime(2026, 11, 24, 9, 30),  # noqa: DTZ001  a DICOM local time has no zone
        study_description="CT head without contrast",
        body_part="HEAD",
    )
    path = next(path for path in pydicom_shipped_files() if path.name == "CT_small.dcm")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "0001.dcm").write_bytes(part10_bytes(rehome(pydicom.dcmread(path), identity)))


def write_study(folder: Path, spec: SyntheticStudySpec) -> list[Path]:
    """Write the study's files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, dataset in enumerate(synthetic_study(spec), start=1):
        path = folder / f"{number:04}.dcm"
        path.write_bytes(part10_bytes(dataset))
        paths.append(path)
    return paths


def dcmsend(port: int, folder: Path, *, calling: str = "NORTH_CT", called: str = "MERIDIAN") -> str:
    """Send a folder's files with DCMTK; return what dcmsend said, fail when it failed."""
    command = [require_tool("dcmsend"), "-v", "-aet", calling, "-aec", called, "127.0.0.1", str(port)]
    result = subprocess.run([*command, "+sd", str(folder)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr
