"""Finished ZIPs, and copies that were given up, are kept for some days; whoever asks again gets the same pseudonyms."""

import shutil
from datetime import datetime, timedelta

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.files import stored_path
from pacs_core.archive.storage import bucket
from pacs_core.network.research.making import copies_here, folder_of
from pacs_core.network.research.models import DeidentifiedExport

KEPT_FOR = timedelta(days=7)


def remove_expired_exports(*, now: datetime) -> int:
    """Remove the ZIPs that were finished too long ago; return how many. The rows stay, and so does what goes on.

    Also the folders that this worker's disk still has of exports that were given up as long ago.
    """
    scope = all_hospitals_scope(process="deidentification")
    with open_scope(scope):
        old = DeidentifiedExport.objects.filter(finished_at__lt=now - KEPT_FOR)
        expired = list(old.exclude(file_path=""))
        ended = list(old.filter(pk__in=[int(folder.name) for folder in copies_here()]))
    for export in expired:
        if bucket.has_bucket():
            bucket.remove(export.file_path)
        stored_path(export.file_path).unlink(missing_ok=True)
        with open_scope(scope):
            DeidentifiedExport.objects.filter(pk=export.pk).update(file_path="", size_bytes=0)
    for export in ended:
        shutil.rmtree(folder_of(export), ignore_errors=True)
    return len(expired)
