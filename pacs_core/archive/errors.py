"""Why an instance was not taken; `status` is its answer on the wire.

The same number serves C-STORE (PS3.4 B.2.3) and the FailureReason of STOW-RS (PS3.18 I.2.2).
"""


class ArchiveError(Exception):
    """Base of the archive's errors."""


class InstanceRefused(ArchiveError):
    """An instance that was not filed. The caller answers `status`; a quarantine row, when there is one, must commit."""

    status = 0xC000


class NothingKept(InstanceRefused):
    """Nothing was kept; sending again later helps (Refused: Out of Resources)."""

    status = 0xA700


class StorageFull(NothingKept):
    def __init__(self, free_bytes: int | None = None) -> None:
        free = "" if free_bytes is None else f" ({free_bytes} bytes free)"
        super().__init__(f"The storage is full{free}. Maybe free space or lower STORAGE_RESERVE_BYTES.")


class StorageUnavailable(NothingKept):
    """The bucket did not answer or refused, be it for writing or reading."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The bucket of the archive does not serve ({reason}). Maybe look at STORAGE_URL and its keys."
        )


class FileNotAtHand(ArchiveError):
    """A file lies in the archive class of the bucket; it was asked back and can be read in some hours."""

    def __init__(self) -> None:
        super().__init__(
            "The file lies in the archive class of the storage. It was asked back; try again in some hours."
        )


class InstanceNotReadable(InstanceRefused):
    """The content is in quarantine; sending the same bytes again does not help (Error: Cannot understand)."""


class InstanceMismatch(InstanceRefused):
    """The data set is not the instance that the request announced (Error: Data Set does not match SOP Class)."""

    status = 0xA900

    def __init__(self) -> None:
        super().__init__("SOPInstanceUID of the data set differs from the one that the request announced.")


class InstanceConflicts(InstanceRefused):
    """The instance contradicts what is filed: kept aside for a person. The text tells the sender its own side only.

    Statuses of the class "Cannot understand", whose last three digits are ours (PS3.4 table B.2-1, PS3.18 I.2.2).
    """

    answers = {
        "content_differs": (0xC001, "SOPInstanceUID is held with other content; the first is kept."),
        "instance_of_other_study": (0xC002, "SOPInstanceUID is held in another study."),
        "series_of_other_study": (0xC003, "SeriesInstanceUID is held in another study."),
        "patient_mismatch": (0xC004, "PatientID differs from that of the study's images."),
        "study_of_other_hospital": (0xC005, "Not filed: a person has to decide."),
        "series_of_other_hospital": (0xC005, "Not filed: a person has to decide."),
        "instance_of_other_hospital": (0xC005, "Not filed: a person has to decide."),
    }

    def __init__(self, reason_code: str) -> None:
        self.reason_code = reason_code
        self.status, text = self.answers[reason_code]
        super().__init__(text)


class RejectionRefused(ArchiveError):
    """A rejection, or its end, that makes no sense; the text says why."""


class MatchRefused(ArchiveError):
    """A search names a value that its attribute cannot have; the text names the attribute."""


class RetentionRefused(ArchiveError):
    """A decision about keeping that cannot be; `field` names what is wrong, None when it is the whole."""

    def __init__(self, field: str | None, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(reason)


class QuarantineError(ArchiveError):
    """Base of what can go wrong when a person decides about quarantined content."""


class ConflictNotDecidable(QuarantineError):
    """The answer does not fit the question; the text says why."""


class QuarantineAlreadyResolved(QuarantineError):
    def __init__(self, quarantined_instance_id: int, resolution: str) -> None:
        super().__init__(f"Quarantined instance {quarantined_instance_id} was already {resolution}.")


class QuarantineRetryFailed(QuarantineError):
    """The content is as unusable as before; it stays in quarantine."""


class StudyNotFileable(ArchiveError):
    """Instances that contradict what the archive holds; `reason_code` names how."""

    def __init__(self, reason_code: str, reason: str) -> None:
        self.reason_code, self.reason = reason_code, reason
        super().__init__(reason)


class PerformedStepHeld(ArchiveError):
    """The hospital has a performed procedure step of this UID."""


class PerformedStepUnknown(ArchiveError):
    """The hospital has no performed procedure step of this UID."""


class PerformedStepEnded(ArchiveError):
    """A completed or discontinued step is not changed any more; the text is that of PS3.4 F.7.2.2.2."""

    def __init__(self) -> None:
        super().__init__("Performed Procedure Step Object may no longer be updated")


class IdentityConflict(ArchiveError):
    """Records of patients as they are do not allow a merge, move, link or undo; the text names rows, not people."""


class PatientMergeRefused(IdentityConflict):
    """A merge that would lose somebody: into itself, in a circle, or away from another merge."""


class ChangeNotUndoable(IdentityConflict):
    """A change that was undone already, or that something later was built on."""


def without_values(error: BaseException) -> Exception:
    """Return an error with the same place and class name but no text: texts may quote what a hospital sent."""
    return Exception(type(error).__name__).with_traceback(error.__traceback__)
