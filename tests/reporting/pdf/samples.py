"""A synthetic report and a demonstration signer for the tests of reporting.pdf and reporting.signature."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from asn1crypto import x509 as asn1_x509

from reporting.pdf.content import Facility, Patient, ReportContent, ReportStatus, SignatureBlock, Verification
from reporting.signature.authority import DemonstrationAuthority, IssuedCertificate, issue_certificate, make_authority
from reporting.signature.key_protection import KeyProtector
from reporting.signature.signer import SoftwareSigner, read_certificates

BERLIN = ZoneInfo("Europe/Berlin")
ISSUED_AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SIGNED_AT = datetime(2026, 3, 3, 16, 40, 9, tzinfo=BERLIN)
SIGNER_NAME = "Dr. Marta Oliveira"
PATIENT_NAME = "Sørensen-Müller, Ængela"
CODE = "K7QM-2V9X-TRB4-HC3P"

REPORT = ReportContent(
    status=ReportStatus.FINAL,
    facility=Facility(
        name="Northgate General Hospital",
        address_lines=("Department of Radiology", "12 Harbour Road, 20457 Hamburg", "Telephone +49 40 555 0100"),
    ),
    patient=Patient(
        name=PATIENT_NAME,
        patient_id="NG-0042817",
        issuer_of_patient_id="NORTHGATE",
        birth_date=date(1961, 5, 3),
        sex="Female",
    ),
    accession_number="ACC-2026-118842",
    referring_physician="Dr. Ioannis Παπαδόπουλος",
    exam_description="CT chest with intravenous contrast",
    exam_at=datetime(2026, 3, 3, 14, 5, tzinfo=BERLIN),
    site_of_reading="Meridian Reading Centre, Lisbon",
    sections={
        "clinical information": "Persistent cough for six weeks. Is there a pulmonary mass?",
        "technique": "Helical acquisition, 1.0 mm slices, after 70 mL iohexol 350 mg I/mL intravenously.",
        "comparison": "CT chest of 12 March 2024.",
        "findings": "Lungs: A spiculated nodule of 18 × 14 mm in the right upper lobe. No other nodule ≥ 4 mm.\n\n"
        "Pleura: No effusion, no pneumothorax.",
        "impression": "1. Growing nodule in the right upper lobe, highly suspicious of lung cancer.\n"
        "2. Recommend tissue sampling within two weeks.",
    },
    signature_block=SignatureBlock(printed_name=SIGNER_NAME, signed_at=SIGNED_AT),
    verification=Verification(url=f"https://reports.example.org/verify/{CODE}", code=CODE),
)


def report_with(section: str, text: str) -> ReportContent:
    return replace(REPORT, sections={**REPORT.sections, section: text})


@dataclass(frozen=True)
class Network:
    """An authority with one signer."""

    protector: KeyProtector
    authority: DemonstrationAuthority
    issued: IssuedCertificate

    @property
    def trust_roots(self) -> tuple[asn1_x509.Certificate, ...]:
        return read_certificates(self.authority.root_pem)

    def signer(self, **changes: object) -> SoftwareSigner:
        values = {
            "certificate_pem": self.issued.certificate_pem,
            "chain_pem": self.issued.chain_pem,
            "encrypted_private_key": self.issued.encrypted_private_key,
            "protector": self.protector,
        }
        return SoftwareSigner(**{**values, **changes})


@cache
def network() -> Network:
    protector = KeyProtector("a secret that only the tests know, 40 long")
    authority = make_authority(protector=protector, now=ISSUED_AT)
    issued = issue_certificate(authority, common_name=SIGNER_NAME, protector=protector, now=ISSUED_AT)
    return Network(protector, authority, issued)
