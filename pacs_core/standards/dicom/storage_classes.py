"""What the archive accepts by C-STORE and STOW-RS: every storage class and transfer syntax that pynetdicom knows."""

from pynetdicom import AllStoragePresentationContexts
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

from pacs_core.standards.dicom.uid import unusable_uid_reason

STORAGE_SOP_CLASS_UIDS: tuple[str, ...] = tuple(
    sorted({str(context.abstract_syntax) for context in AllStoragePresentationContexts})
)
TRANSFER_SYNTAX_UIDS: tuple[str, ...] = tuple(str(uid) for uid in ALL_TRANSFER_SYNTAXES)

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Structured reports and key object selections (88.x), presentation states (11.x), segmentation.
_REMARKS = (f"{_STORAGE}88.", f"{_STORAGE}11.")
_SEGMENTATION = f"{_STORAGE}66.4"
_DICOM_ROOT = "1.2.840.10008."
_KNOWN = frozenset(STORAGE_SOP_CLASS_UIDS)


def says_something_of_images(uid: str) -> bool:
    """True for what is made of images and is none itself: measurements, key images, presentation states."""
    return uid.startswith(_REMARKS) or uid == _SEGMENTATION


def is_acceptable_storage_class(uid: str) -> bool:
    """True for a storage class of the standard and for any private class.

    A private class (a root other than DICOM's, PS3.5 B) can't be told from a private service class by its UID; proposed
    to a storage port it can only mean storage. DICOM UIDs that are not storage (Verification, Find) are refused.
    """
    return uid in _KNOWN or (not uid.startswith(_DICOM_ROOT) and unusable_uid_reason(uid) is None)
