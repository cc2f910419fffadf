"""Open stored files for the views; what can go wrong inside a file becomes an HTTP answer here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pacs_core.archive import errors as archive_errors
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance
from pacs_core.network.dicomweb.errors import (
    NotAnImage,
    NothingAcceptable,
    ResourceNotFound,
    StorageUnavailable,
    StoredFileUnreadable,
)
from pacs_core.standards.dicom.errors import (
    BulkDataNotFound,
    CodecFailed,
    DicomError,
    FrameNotFound,
    NoPixelData,
    UndecodableFrame,
    UnencodableFrame,
)


@contextmanager
def reading(instance: Instance) -> Iterator[Path]:
    """Give the instance's file to the block and translate what standards.dicom raises about it."""
    with translated():
        yield file_at_hand(instance.file_path)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what standards.dicom and the storage raise about a stored file into what DICOMweb answers."""
    try:
        yield
    except (archive_errors.FileNotAtHand, archive_errors.NothingKept) as error:
        raise StorageUnavailable(str(error)) from error
    except (FrameNotFound, BulkDataNotFound) as error:
        raise ResourceNotFound(str(error)) from error
    except NoPixelData as error:
        raise NotAnImage(str(error)) from error
    except (UndecodableFrame, UnencodableFrame, CodecFailed) as error:
        raise NothingAcceptable(f"{error} Maybe ask for it as stored, with transfer-syntax=*.") from error
    except (DicomError, OSError) as error:
        # An OSError's text holds the server's path; the type says enough to a client.
        detail = str(error) if isinstance(error, DicomError) else type(error).__name__
        raise StoredFileUnreadable(f"The stored file can't be read: {detail}") from error
