"""Real images (pydicom's own sample files) as examinations of the demonstration; they come without an order."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pydicom
from pydicom.dataset import Dataset

from pacs_core.standards.dicom.synthetic.shipped import DemoIdentity, pydicom_shipped_files, rehome

_NODE_OF_MODALITY = {"CT": "RIVER_CT", "MR": "RIVER_MR", "US": "NORTH_US", "NM": "RIVER_PT"}
_OF_EACH_MODALITY = 2


def shipped_examinations(now: datetime) -> Iterator[tuple[str, Dataset]]:
    """Yield (node, data set), one study for each real file, `now` aware; the same UIDs at every call."""
    local = now.astimezone(ZoneInfo("Europe/Lisbon")).replace(microsecond=0, tzinfo=None)
    shown: Counter[str] = Counter()
    for number, path in enumerate(pydicom_shipped_files(), start=1):
        dataset = pydicom.dcmread(path)
        modality = str(dataset.get("Modality", ""))
        shown[modality] += 1
        if modality not in _NODE_OF_MODALITY or shown[modality] > _OF_EACH_MODALITY:
            continue
        identity = DemoIdentity(
            study_key=f"demonstration-{path.stem}",
            patient_id=f"S{number:04}",
            issuer_of_patient_id="RIVER",
            patient_name=f"SAMPLE^{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]}{number}",
            birth_date=date(1960 + number % 40, 1 + number % 12, 5),
            sex="FM"[number % 2],
            study_at=local,
            institution_name="Riverside University Hospital",
        )
        yield _NODE_OF_MODALITY[modality], rehome(dataset, identity)
