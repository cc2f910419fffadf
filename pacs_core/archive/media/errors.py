"""Why files were not imported or a study not exported."""

from pacs_core.archive.errors import ArchiveError


class MediaError(ArchiveError):
    """Base of what can go wrong with files that come and go by folder or ZIP."""


class NothingToImport(MediaError):
    """The path is missing, or cannot be read at all."""


class ImportStopped(MediaError):
    """The rest would fail too; what was taken stays taken, and the same import goes on where this one stopped."""


class StudyNotFound(MediaError):
    """No study, or more than one, answers to the identifier."""


class TargetNotUsable(MediaError):
    """There is something already where the export should go."""


class StoredFilesDamaged(MediaError):
    """Stored files are missing, or are not what was received."""
