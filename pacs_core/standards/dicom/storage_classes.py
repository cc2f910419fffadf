"""What the archive accepts by C-STORE and STOW-RS: every storage class and transfer syntax that pynetdicom knows."""

from pynetdicom import AllStoragePresentationContexts
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

from pacs_core.standards.dicom.uid import unusable_uid_reason

STORAGE_SOP_CLASS_UIDS: tuple[str, ...] = tuple(
    sorted({str(context.abstract_syntax) for context in AllStoragePresentationContexts})
)
TRANSFER_SYNTAX_UIDS: tuple[str, ...] = tuple(str(uid) for uid in ALL_TRANSFER_SYNTAXES)

_DICOM_ROOT = "1.2.840.10008."
_KNOWN = frozenset(STORAGE_SOP_CLASS_UIDS)


def is_acceptable_storage_class(uid: str) -> bool:
    """True for a storage class of the standard and for any private class.

    A private class (a root other than DICOM's, PS3.5 B) can't be told from a private service class by its UID; proposed
    to a storage port it can only mean storage. DICOM UIDs that are not storage (Verification, Find) are refused.
    """
    return uid in _KNOWN or (not uid.startswith(_DICOM_ROOT) and unusable_uid_reason(uid) is None)
