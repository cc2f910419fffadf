"""The files of an import: a folder's, a ZIP's, or those that a DICOMDIR names."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydicom import dcmread
from pydicom.dataset import Dataset

from pacs_core.archive.media.errors import NothingToImport
from pacs_core.standards.dicom.reading import element_value, quietly

DIRECTORY_FILE = "DICOMDIR"
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class ImportSource:
    """One file to import; `path` is None inside a ZIP. `trouble` says why it cannot even be opened."""

    name: str
    size_bytes: int
    path: Path | None = None
    member: tuple[zipfile.ZipFile, zipfile.ZipInfo] | None = None
    trouble: str = ""

    def open(self) -> AbstractContextManager[IO[bytes]]:
        if self.member is not None:
            archive, member = self.member
            return archive.open(member)
        if self.path is None:
            raise FileNotFoundError(self.name)
        return self.path.open("rb")


def sources_of(path: Path) -> Iterator[ImportSource]:
    """Yield the files under a folder, in a ZIP or named by a DICOMDIR, in a steady order; ZIPs in folders are opened.

    Links are not followed. Raises NothingToImport.
    """
    if path.is_dir():
        yield from _of_folder(path)
    elif path.is_file():
        yield from _of_directory_file(path) if path.name.upper() == DIRECTORY_FILE else _of_file(path, path.parent)
    else:
        raise NothingToImport(f"{path} is no file and no folder. Maybe the path is misspelt.")


def _of_folder(root: Path) -> Iterator[ImportSource]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if name.upper() == DIRECTORY_FILE and not path.is_symlink():
                yield from (source for source in _of_directory_file(path) if source.trouble)
            else:
                yield from _of_file(path, root)


def _of_file(path: Path, root: Path) -> Iterator[ImportSource]:
    name = str(path.relative_to(root))
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return
        if path.suffix.lower() == ".zip":
            yield from _of_zip(path, name)
        else:
            yield ImportSource(name, status.st_size, path)
    except OSError as error:
        yield ImportSource(name, 0, path, trouble=os.strerror(error.errno or 0))


def _of_zip(path: Path, name: str) -> Iterator[ImportSource]:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.infolist(), key=lambda member: member.filename):
                if member.is_dir() or member.filename.rpartition("/")[2].upper() == DIRECTORY_FILE:
                    continue
                trouble = "it is encrypted" if member.flag_bits & _ENCRYPTED else ""
                yield ImportSource(
                    f"{name}!{member.filename}", member.file_size, member=(archive, member), trouble=trouble
                )
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        yield ImportSource(name, 0, path, trouble="it is no readable ZIP")


def _of_directory_file(path: Path) -> Iterator[ImportSource]:
    """Yield what the directory names, wherever letter case and version suffixes put it; what is missing as trouble."""
    try:
        with quietly():
            records = dcmread(path).get("DirectoryRecordSequence") or []
    except Exception as error:
        yield ImportSource(path.name, 0, path, trouble=f"it is no readable DICOMDIR ({type(error).__name__})")
        return
    for record in records:
        parts = _file_id(record)
        found = _on_medium(path.parent, parts) if parts else None
        if found is not None:
            yield ImportSource("/".join(parts), found.stat().st_size, found)
        elif parts:
            yield ImportSource("/".join(parts), 0, trouble="the DICOMDIR names it, and it is not there")


def _file_id(record: Dataset) -> list[str]:
    value = element_value(record, "ReferencedFileID")
    parts = [value] if isinstance(value, str) else [str(part) for part in value or []]
    return [] if any(part in ("", ".", "..") or "/" in part or "\\" in part for part in parts) else parts


def _on_medium(folder: Path, parts: list[str]) -> Path | None:
    """Find a file ID on the medium: some systems show its names in lower case, or with ;1 behind (ISO 9660).

    A link on it may lead anywhere, to another hospital's files too.
    """
    for part in parts:
        wanted = part.upper()
        try:
            names = os.listdir(folder)
        except OSError:
            return None
        found = next((name for name in names if name.upper().partition(";")[0].rstrip(".") == wanted), None)
        if found is None:
            return None
        folder = folder / found
        if folder.is_symlink():
            return None
    return folder if folder.is_file() else None
