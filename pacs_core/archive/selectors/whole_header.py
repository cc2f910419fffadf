"""Every attribute that a level of the information model has (PS3.18 8.3.4.3, includefield=all)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Subquery

from pacs_core.archive.selectors.attributes import Result, instances_below

# Patient and Patient Study, General Study (PS3.3 C.7.1, C.7.2); General Series and Equipment (C.7.3, C.7.5).
_OF_STUDY = """
00080020 00080030 00080050 00080051 00080080 00080081 00080090 00080096 00081010 00081030 00081032 00081048
00081060 00081080 00081084 00081110 00100010 00100020 00100021 00100030 00100032 00100040 00101000 00101001
00101002 00101010 00101020 00101030 00102000 00102110 00102154 00102160 00102180 001021B0 001021C0 00104000
00120062 0020000D 00200010 00321033 00321032 00321060 00380010 00380014 00380060 00380064 00380500
"""
_OF_SERIES = """
00080021 00080031 00080060 00080070 00080080 0008103E 0008103F 00081010 00081040 00081050 00081070 00081090
00081111 00180015 00181000 00181016 00181020 00181030 00185100 0020000D 0020000E 00200011 00200052 00200060
00201040 00400244 00400245 00400250 00400251 00400253 00400254 00400260 00400275
"""
_OF_LEVEL = {"study": frozenset(_OF_STUDY.split()), "series": frozenset(_OF_SERIES.split())}


def with_whole_header(rows: QuerySet, *, level: str) -> QuerySet:
    """Annotate each row with the whole header of any one instance below it, as `whole_header`."""
    return rows.annotate(whole_header=Subquery(instances_below(level).values("metadata")[:1]))


def add_whole_header(result: Result, row: Any, *, level: str) -> Result:
    """Add what belongs to the level, without replacing what the archive's own columns say; bulk data stays away."""
    level_tags = _OF_LEVEL.get(level)
    for tag, element in (row.whole_header or {}).items():
        # What is the patient's or study's is said by rows, which may have been corrected since.
        belongs = tag in level_tags if level_tags else not (tag.startswith("0010") or tag in _OF_LEVEL["study"])
        if belongs and tag not in result and "BulkDataURI" not in element:
            result[tag] = element
    return dict(sorted(result.items()))
