"""Turn a case of the catalogue into an order and images of one patient, the same for the same serial number."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset

from hospitals.demonstration.cases import FAMILY_NAMES, GIVEN_NAMES, DemonstrationCase
from hospitals.demonstration.people import REFERRERS
from hospitals.demonstration.places import HL7_APPLICATION, HOSPITALS
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.study import synthetic_study
from pacs_core.standards.hl7.messages import ImagingOrderMessage

_PLACES = {place.code: place for place in HOSPITALS}
_REFERRERS = {person.identifier: person for person in REFERRERS}


@dataclass(frozen=True)
class Examination:
    """One examination of one patient at a time; `at` is aware, in the hospital's zone."""

    case: DemonstrationCase
    serial: int
    at: datetime
    patient_id: str
    patient_name: str
    birth_date: date
    is_prior: bool = False

    @property
    def accession_number(self) -> str:
        return f"{self.case.hospital[:2]}{self.serial:06}{'P' if self.is_prior else ''}"

    @property
    def node(self) -> str:
        """Who sends it: the scanner, or for an earlier one the hospital's PACS."""
        return _PLACES[self.case.hospital].priors_nodes[0] if self.is_prior else self.case.node

    def datasets(self) -> Iterator[Dataset]:
        """Yield the examination's instances, ready to be sent."""
        case, place = self.case, _PLACES[self.case.hospital]
        return synthetic_study(
            SyntheticStudySpec(
                modality=case.modality,
                body_part=case.body_part,
                number_of_instances=case.instances,
                patient_id=self.patient_id,
                issuer_of_patient_id=case.hospital,
                patient_name=self.patient_name,
                birth_date=self.birth_date,
                sex=case.sex,
                accession_number=self.accession_number,
                issuer_of_accession_number=case.hospital,
                study_at=self.at.replace(tzinfo=None),
                study_description=case.description,
                laterality=case.laterality,
                priority="routine" if self.is_prior else case.priority,
                referring_physician_name=_dicom_name(_REFERRERS[case.referrer].name),
                institution_name=place.name,
                station_name=case.node,
                seed=self.serial,
            )
        )

    def order(self) -> ImagingOrderMessage:
        """Return the order that the hospital's RIS sends for it."""
        case, referrer = self.case, _REFERRERS[self.case.referrer]
        return ImagingOrderMessage(
            sending_application=HL7_APPLICATION,
            sending_facility=case.hospital,
            receiving_application="MERIDIAN",
            receiving_facility="MERIDIAN",
            message_control_id=f"{self.accession_number}-{self.at:%Y%m%d%H%M%S}",
            message_type="ORM^O01" if self.serial % 2 else "OMI^O23",
            message_at=self.at,
            event="new",
            order_control="NW",
            patient_id=self.patient_id,
            issuer_of_patient_id=case.hospital,
            patient_name=self.patient_name,
            birth_date=self.birth_date,
            sex=case.sex,
            placer_order_number=f"PL{self.serial:06}",
            placer_authority=case.hospital,
            filler_order_number=f"FI{self.serial:06}",
            filler_authority=case.hospital,
            accession_number=self.accession_number,
            issuer_of_accession_number=case.hospital,
            procedure_code=case.procedure_code,
            procedure_scheme="L",
            procedure_text=case.description,
            modality=case.modality,
            body_site=case.body_part,
            laterality=case.laterality,
            priority=case.priority,
            clinical_information=case.clinical_information,
            ordering_physician_id=case.referrer,
            ordering_physician_name=_dicom_name(referrer.name),
            requested_at=self.at,
        )


def make_examination(case: DemonstrationCase, *, serial: int, now: datetime) -> Examination:
    """Return the case as the examination of patient number `serial`, minutes before `now` (aware)."""
    chance = random.Random(f"{case.hospital}-{case.procedure_code}-{serial}")
    local = now.astimezone(ZoneInfo(_PLACES[case.hospital].time_zone)).replace(microsecond=0)
    born = local.date().replace(day=1) - timedelta(days=365 * case.age_years + chance.randrange(30, 330))
    name = f"{chance.choice(FAMILY_NAMES)}^{chance.choice(GIVEN_NAMES[case.sex])}"
    return Examination(
        case=case,
        serial=serial,
        at=local - timedelta(minutes=chance.randrange(2, 12)),
        patient_id=f"{case.hospital[0]}{400_000 + serial}",
        patient_name=name,
        birth_date=born,
    )


def prior_of(examination: Examination) -> Examination:
    """Return the same patient's examination of years before."""
    years_ago = examination.at - timedelta(days=365 * examination.case.prior_years + 11)
    return replace(examination, at=years_ago, is_prior=True)


def _dicom_name(printed: str) -> str:
    """Turn "Dr. Ada Roth" into ROTH^ADA^^Dr."""
    title, given, family = printed.split(" ", 2)
    return f"{family.upper()}^{given.upper()}^^{title}"
