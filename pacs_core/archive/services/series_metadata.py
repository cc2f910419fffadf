"""Metadata of whole series, written once when instances are indexed, so that nobody waits for a thousand rows.

Each batch adds one text to its series; a complete study's are gathered into one a series, in the order of its images.
"""

import json
import zlib
from collections import defaultdict

from pacs_core.archive.models import Instance, Series, SeriesMetadata
from pacs_core.archive.selectors.series_metadata import DIVIDER, metadata_of_instances
from pacs_core.archive.services.filing import Filed

# A header repeats itself: the fastest level takes 97 percent away.
_LEVEL = 1


def append_series_metadata(filed: Filed) -> None:
    """Write the metadata of a batch that was filed just now, in its transaction."""
    documents: defaultdict[str, list[bytes]] = defaultdict(list)
    uids = [item.header.sop_instance_uid for item in filed.indexed]
    shown = set(Instance.objects.filter(sop_instance_uid__in=uids).values_list("sop_instance_uid", flat=True))
    for item in filed.indexed:
        if item.header.sop_instance_uid not in shown:
            continue
        text = json.dumps(item.metadata, ensure_ascii=False)
        documents[item.header.series_instance_uid].append(text.encode("utf-8"))
    if not documents:
        return
    series = Series.kept.filter(series_instance_uid__in=documents).values_list("series_instance_uid", "pk")
    SeriesMetadata.objects.bulk_create(
        _text(documents[uid], series_id=pk, hospital_id=filed.study.hospital_id) for uid, pk in series
    )


def gather_series_metadata(*, study_id: int) -> None:
    """Make one text of each of a study's series that has several, or whose texts do not tell of every instance.

    Runs in the study's scope; may run again. Locks the series, as the indexer appends to them.
    """
    for series in Series.kept.select_for_update(no_key=True).filter(study=study_id).order_by("pk"):
        texts = SeriesMetadata.objects.filter(series=series)
        if texts.count() == 1 and texts.get().number_of_instances == Instance.objects.filter(series=series).count():
            continue
        documents = metadata_of_instances(Instance.objects.filter(series=series))
        texts.delete()
        if documents:
            _text(documents, series_id=series.pk, hospital_id=series.hospital_id).save()


def _text(documents: list[bytes], *, series_id: int, hospital_id: int) -> SeriesMetadata:
    content = zlib.compress(DIVIDER.join(documents), _LEVEL)
    return SeriesMetadata(
        hospital_id=hospital_id, series_id=series_id, number_of_instances=len(documents), documents=content
    )
