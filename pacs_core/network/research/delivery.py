"""Deliver copies that are ready in a folder: as a ZIP with DICOMDIR, or to a node by C-STORE."""

import secrets
from pathlib import Path

from django.utils import timezone

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.files import move_durably
from pacs_core.archive.media.exporting import medium_entries
from pacs_core.archive.media.zip_stream import zip_pieces
from pacs_core.archive.spool import SpoolFile
from pacs_core.network.forwarding.selectors import Parcel, node_for
from pacs_core.network.forwarding.store_scu import send_parcels
from pacs_core.network.outbound.jobs import JobHeartbeat
from pacs_core.network.research.models import DeidentifiedExport
from pacs_core.standards.dicom.structure import read_layout

PROCESS = "deidentification"


class NotEverythingHere(Exception):
    """Copies that were counted are not in the folder."""


def pack(export: DeidentifiedExport, folder: Path) -> dict[str, object]:
    """Write the ZIP durably; return what the export's row has to say about it."""
    copies = sorted(folder.glob("*.dcm"))
    if len(copies) != export.instances_copied:
        raise NotEverythingHere
    if not copies:
        return {}
    spool, heartbeat = SpoolFile("export"), JobHeartbeat(export, process=PROCESS)
    try:
        for piece in zip_pieces(medium_entries(copies), written_at=timezone.localtime()):
            spool.write(piece)
            heartbeat.beat()
        spool.finish()
        relative_path = f"{export.hospital_id}/exports/{export.pk}-{secrets.token_hex(16)}.zip"
        return {"size_bytes": move_durably(spool.path, relative_path), "file_path": relative_path}
    finally:
        spool.discard()


def send(export: DeidentifiedExport, folder: Path) -> dict[str, object]:
    """Send the copies that are still here; each one goes from the folder when the node has taken it."""
    copies = sorted(folder.glob("*.dcm"))
    if len(copies) + export.instances_sent < export.instances_copied:
        raise NotEverythingHere
    with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
        node = node_for(ae_title=export.ae_title, hospital_id=export.hospital_id)
    sent, heartbeat = 0, JobHeartbeat(export, process=PROCESS)

    def take_away(parcel: Parcel) -> None:
        nonlocal sent
        Path(parcel.file_path).unlink(missing_ok=True)
        sent += 1

    try:
        parcels = [_parcel(path) for path in copies]
        send_parcels(parcels, node=node, on_sent=take_away, while_sending=heartbeat.beat)
    finally:
        export.instances_sent += sent
        with open_scope(hospital_scope(process=PROCESS, hospital_id=export.hospital_id)):
            DeidentifiedExport.objects.filter(pk=export.pk).update(instances_sent=export.instances_sent)
    return {}


def _parcel(path: Path) -> Parcel:
    """Describe a copy; its path is absolute and so stays what it is below STORAGE_ROOT."""
    layout = read_layout(path)
    return Parcel(
        instance_id=0,
        file_path=str(path),
        sop_class_uid=layout.media_storage_sop_class_uid,
        transfer_syntax_uid=layout.transfer_syntax_uid,
        sop_instance_uid=layout.media_storage_sop_instance_uid,
        size_bytes=path.stat().st_size,
    )
