"""Finished ZIPs are kept for some days; whoever needs one later asks again and gets the same pseudonyms."""

from datetime import datetime, timedelta

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.files import stored_path
from pacs_core.archive.storage import bucket
from pacs_core.network.research.models import DeidentifiedExport

KEPT_FOR = timedelta(days=7)


def remove_expired_exports(*, now: datetime) -> int:
    """Remove the ZIPs that were finished too long ago; return how many. The rows stay."""
    with open_scope(all_hospitals_scope(process="deidentification")):
        expired = list(DeidentifiedExport.objects.filter(finished_at__lt=now - KEPT_FOR).exclude(file_path=""))
        for export in expired:
            if bucket.has_bucket():
                bucket.remove(export.file_path)
            stored_path(export.file_path).unlink(missing_ok=True)
            DeidentifiedExport.objects.filter(pk=export.pk).update(file_path="", size_bytes=0)
    return len(expired)
