"""What the radiologist says: drafts, signed versions, the keys that sign them, who received them."""

from reporting.models.certificate import SigningCertificate
from reporting.models.delivery import Delivery
from reporting.models.key_image import KeyImage
from reporting.models.preliminary import PreliminaryVersion
from reporting.models.report import DraftVersion, Report, ReportKind
from reporting.models.version import ReportVersion

__all__ = [
    "Delivery",
    "DraftVersion",
    "KeyImage",
    "PreliminaryVersion",
    "Report",
    "ReportKind",
    "ReportVersion",
    "SigningCertificate",
]
