"""The metadata of studies and series as JSON text, from what the indexer wrote for whole series."""

import zlib
from collections import Counter, defaultdict

from django.db.models import Count, F, Q, QuerySet, TextField
from django.db.models.functions import Cast

from pacs_core.archive.models import Instance, Series, SeriesMetadata

DIVIDER = b", "
_SHOWN = Count("instances", filter=Q(instances__is_hidden=False))


def metadata_of_series(series: QuerySet[Series]) -> tuple[int, bytes]:
    """Return (number of instances, their JSON objects divided by commas), series by series.

    A series whose texts do not tell of each of its instances is read from the instances' rows.
    """
    ordered = series.order_by(F("series_number").asc(nulls_last=True), "pk").annotate(held=_SHOWN)
    held = dict(ordered.values_list("pk", "held"))
    texts: defaultdict[int, list[bytes]] = defaultdict(list)
    told: Counter[int] = Counter()
    for pk, number, documents in (
        SeriesMetadata.objects.filter(series__in=held)
        .order_by("pk")
        .values_list("series_id", "number_of_instances", "documents")
    ):
        told[pk] += number
        texts[pk].append(documents)
    pieces: list[bytes] = []
    for pk, number in held.items():
        if told[pk] == number:
            pieces += [zlib.decompress(text) for text in texts[pk]]
        else:
            pieces += metadata_of_instances(Instance.objects.filter(series=pk))
    return sum(held.values()), DIVIDER.join(pieces)


def metadata_of_instances(rows: QuerySet[Instance]) -> list[bytes]:
    """Return the JSON of each instance, in the order of the images."""
    ordered = rows.order_by(F("instance_number").asc(nulls_last=True), "pk")
    documents = ordered.annotate(document=Cast("metadata", TextField())).values_list("document", flat=True)
    return [document.encode() for document in documents]
