from pacs_core.standards.errors import StandardsError


class DicomError(StandardsError):
    """A DICOM object that can't be used; belongs into quarantine, sending it again won't help."""


class NotDicom(DicomError):
    """The bytes are not a DICOM Part 10 file (PS3.10 7.1)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not a DICOM file: {reason}.")


class UnreadableDataset(DicomError):
    """The file claims to be DICOM but its data elements can't be followed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Data set not readable: {reason}.")


class TruncatedDataset(DicomError):
    """The file ends before its data set does."""

    def __init__(self, tag: int | None, missing: str) -> None:
        self.tag = tag
        where = "" if tag is None else f" in element ({tag >> 16:04X},{tag & 0xFFFF:04X})"
        super().__init__(f"File ends early{where}: {missing}. Maybe the transfer was cut off; send the instance again.")


class MissingIdentifier(DicomError):
    """Identifiers without which an instance has no place in a study (PS3.3 C.7.2.1, C.7.3.1, C.12.1)."""

    def __init__(self, *keywords: str) -> None:
        self.keywords = keywords
        self.keyword = keywords[0]
        super().__init__(f"{', '.join(keywords)} missing or empty.")


class InvalidIdentifier(DicomError):
    def __init__(self, keyword: str, reason: str) -> None:
        self.keyword = keyword
        self.reason = reason
        super().__init__(f"{keyword} is not a valid UID: {reason}.")


class NoPixelData(DicomError):
    def __init__(self) -> None:
        super().__init__("The instance holds no pixel data.")


class FrameNotFound(DicomError):
    def __init__(self, frame_number: int, number_of_frames: int) -> None:
        self.frame_number = frame_number
        self.number_of_frames = number_of_frames
        super().__init__(f"Frame {frame_number} does not exist; the instance has {number_of_frames}.")


class UndecodableFrame(DicomError):
    def __init__(self, frame_number: int, transfer_syntax_uid: str, reason: str) -> None:
        self.frame_number = frame_number
        self.transfer_syntax_uid = transfer_syntax_uid
        super().__init__(f"Frame {frame_number} ({transfer_syntax_uid}) can't be decoded: {reason}.")


class BulkDataNotFound(DicomError):
    def __init__(self, element_path: str) -> None:
        super().__init__(f"No bulk data at {element_path}.")


class UnencodableFrame(DicomError):
    """The pixels have no form in a transfer syntax (PS3.5 8.2), or it is not one that is written here."""

    def __init__(self, transfer_syntax_uid: str, reason: str) -> None:
        self.transfer_syntax_uid = transfer_syntax_uid
        super().__init__(f"The pixels can't be given in transfer syntax {transfer_syntax_uid}: {reason}.")


class CodecFailed(DicomError):
    """A codec crashed, needed too much memory or did not come to an end; its process is gone, ours is not."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The codec failed: {reason}.")
