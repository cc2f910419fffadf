from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pacs_core.standards.dicom.uid import uid_of_name
from pacs_core.standards.vocabulary import PRIORITIES, Priority

SyntheticModality = Literal["CT", "MR", "MG", "US", "CR", "PT"]
MODALITIES: tuple[SyntheticModality, ...] = ("CT", "MR", "MG", "US", "CR", "PT")


@dataclass(frozen=True, kw_only=True)
class SyntheticStudySpec:
    """What a synthetic study shows and whom it belongs to; equal specs give equal bytes.

    Person names are DICOM names (`FAMILY^GIVEN`), in any script; `study_at` is the hospital's local time, naive;
    `laterality` is L, R or "". An unknown `body_part` is drawn as an abdomen (CT, MR, PT) or a limb (CR).
    """

    modality: SyntheticModality
    body_part: str
    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    study_at: datetime
    number_of_instances: int = 1
    birth_date: date | None = None
    sex: str = ""
    accession_number: str = ""
    issuer_of_accession_number: str = ""
    study_description: str = ""
    laterality: str = ""
    priority: Priority | None = None
    referring_physician_name: str = ""
    institution_name: str = ""
    station_name: str = ""
    utc_offset_minutes: int | None = None
    study_instance_uid: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.modality not in MODALITIES:
            raise ValueError(
                f"Modality {self.modality} has no phantom. Maybe one of {', '.join(MODALITIES)} was meant."
            )
        if self.number_of_instances < 1:
            raise ValueError(f"A study needs an instance, not {self.number_of_instances}.")
        if self.priority is not None and self.priority not in PRIORITIES:
            raise ValueError(f"Priority {self.priority} is not one of {', '.join(PRIORITIES)}.")

    @property
    def effective_study_instance_uid(self) -> str:
        """Return the UID given, else one of the patient, accession number, time and seed."""
        return self.study_instance_uid or uid_of_name(
            "study",
            self.issuer_of_patient_id,
            self.patient_id,
            self.accession_number,
            self.study_at.isoformat(),
            self.modality,
            self.seed,
        )

    @property
    def random_seed(self) -> int:
        return int(uid_of_name("pixels", self.effective_study_instance_uid, self.seed)[5:]) % 2**63
