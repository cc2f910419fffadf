"""What a scanner says of its performed procedure steps."""

from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.sop_class import CTImageStorage

from worklist.models import Order


def item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def begun(order: Order | None = None, **changes: Any) -> Dataset:
    """What a scanner says when it begins; a change to None leaves the attribute out."""
    scheduled = item(
        StudyInstanceUID=order.study_instance_uid if order else "2.25.5",
        AccessionNumber=order.accession_number if order else "",
        ScheduledProcedureStepID="S1",
        RequestedProcedureID="R1",
    )
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "ScheduledStepAttributesSequence": [scheduled],
        "PatientName": "山田^太郎",
        "PatientID": order.patient.patient_id if order else "P1",
        "PerformedProcedureStepID": "PPS1",
        "PerformedStationAETitle": "NORTH_CT",
        "PerformedProcedureStepStartDate": "20260115",
        "PerformedProcedureStepStartTime": "081500",
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "Modality": "CT",
        "PerformedSeriesSequence": [],
    }
    return item(**{name: value for name, value in (values | changes).items() if value is not None})


def ended(status: str = "COMPLETED", **changes: Any) -> Dataset:
    series = item(
        SeriesInstanceUID="2.25.6",
        ProtocolName="Head",
        ReferencedImageSequence=[
            item(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID=f"2.25.6.{number}") for number in (1, 2)
        ],
    )
    values = {
        "PerformedProcedureStepStatus": status,
        "PerformedProcedureStepEndDate": "20260115",
        "PerformedProcedureStepEndTime": "083000",
        "PerformedSeriesSequence": [series],
    }
    return item(**{name: value for name, value in (values | changes).items() if value is not None})
