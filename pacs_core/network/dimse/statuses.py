"""The statuses that our DIMSE services answer with (PS3.7 C, PS3.4 tables B.2-1, C.4-1, C.4-2, C.4-3, F.7.2-2)."""

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

SUCCESS = 0x0000
PENDING, PENDING_WITHOUT_SOME_KEYS = 0xFF00, 0xFF01
CANCELLED = 0xFE00
# Sub-operations: some failed or ended with a warning, none succeeded.
SOME_FAILED, ALL_FAILED = 0xB000, 0xA702
INVALID_ATTRIBUTE_VALUE = 0x0106
PROCESSING_FAILURE = 0x0110
DUPLICATE_SOP_INSTANCE = 0x0111
NO_SUCH_SOP_INSTANCE = 0x0112
INVALID_ARGUMENT_VALUE = 0x0115
INVALID_OBJECT_INSTANCE = 0x0117
MISSING_ATTRIBUTE, MISSING_ATTRIBUTE_VALUE = 0x0120, 0x0121
NO_SUCH_ACTION = 0x0123
NOT_AUTHORIZED = 0x0124
RESOURCE_LIMITATION = 0x0213
OUT_OF_RESOURCES = 0xA700
UNABLE_TO_COUNT_MATCHES = 0xA701
DESTINATION_UNKNOWN = 0xA801
IDENTIFIER_DOES_NOT_MATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000

_LONGEST_COMMENT = 64


def status_of(code: int, reason: str = "", *, offending_keyword: str = "", error_id: int | None = None) -> Dataset:
    """Return a status with what is for people and machines beside it (PS3.7 C)."""
    status = Dataset()
    status.Status = code
    if reason:
        status.ErrorComment = comment(reason)
    if offending_keyword:
        status.OffendingElement = [tag_for_keyword(offending_keyword)]
    if error_id is not None:
        status.ErrorID = error_id
    return status


def comment(reason: str) -> str:
    """Return a reason as ErrorComment (0000,0902) can hold it: one value of 64 characters of the default repertoire."""
    return reason.encode("ascii", "replace").decode().replace("\\", "/")[:_LONGEST_COMMENT]
