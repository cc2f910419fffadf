"""QIDO-RS (PS3.18 10.6): search for studies, series and instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pacs_core.archive.errors import MatchRefused
from pacs_core.archive.selectors.attributes import (
    Result,
    add_header_values,
    header_tags,
    instance_result,
    series_result,
    study_result,
    with_header_values,
)
from pacs_core.archive.selectors.matching import apply_matches, matchable
from pacs_core.archive.selectors.whole_header import add_whole_header, with_whole_header
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import InvalidRequest
from pacs_core.network.dicomweb.model_answer import model_format, models_answer
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.search_query import MAXIMUM_RESULTS, SearchQuery, parse_search

DEFAULT_LIMIT = 200


@require_safe
@dicomweb_view
def search_studies(request: HttpRequest, reach: Reach) -> HttpResponse:
    rows = reach.studies().select_related("patient", "hospital").order_by(F("study_at").desc(nulls_last=True), "-pk")
    return _answer(request, reach, level="study", rows=rows, describe=study_result)


@require_safe
@dicomweb_view
def search_series(request: HttpRequest, reach: Reach, *, study: str | None = None) -> HttpResponse:
    rows = reach.series().select_related("study")
    if study:
        rows = rows.filter(study=reach.study(study))
    rows = rows.order_by("study_id", F("series_number").asc(nulls_last=True), "pk")
    return _answer(request, reach, level="series", rows=rows, describe=series_result, within_study=bool(study))


@require_safe
@dicomweb_view
def search_instances(
    request: HttpRequest, reach: Reach, *, study: str | None = None, series: str | None = None
) -> HttpResponse:
    rows = reach.instances().select_related("series__study").defer("metadata")
    if study:
        rows = rows.filter(series__study=reach.study(study))
    if series:
        rows = rows.filter(series__series_instance_uid=series)
    rows = rows.order_by("series_id", F("instance_number").asc(nulls_last=True), "pk")
    return _answer(request, reach, level="instance", rows=rows, describe=instance_result, within_study=bool(study))


def _answer(
    request: HttpRequest,
    reach: Reach,
    *,
    level: str,
    rows: QuerySet,
    describe: Callable[..., Result],
    within_study: bool = False,
) -> HttpResponse:
    """Run the search; one more row than the limit is read to tell whether there are further results."""
    default = MAXIMUM_RESULTS if within_study else DEFAULT_LIMIT
    model_format(request)  # refuse before the work
    query = parse_search(request.GET, matchable=matchable(level), default_limit=default)
    try:
        rows = apply_matches(rows, level=level, matches=query.matches)
    except MatchRefused as error:
        raise InvalidRequest(str(error)) from error
    tags = header_tags(level, query.included_tags)
    rows = with_header_values(rows, level=level, tags=tags)
    if query.includes_all:
        rows = with_whole_header(rows, level=level)
    found: list[Any] = list(rows[query.offset : query.offset + query.limit + 1])
    results = [add_header_values(describe(row, base=reach.base), row, tags) for row in found[: query.limit]]
    if query.includes_all:
        results = [add_whole_header(result, row, level=level) for result, row in zip(results, found, strict=False)]
    return models_answer(request, results, warning=_warning(query, more=len(found) > query.limit))


def _warning(query: SearchQuery, *, more: bool) -> str | None:
    notes = []
    if more:
        notes.append("There are additional results that can be requested")
    if query.ignored:
        notes.append(f"The following parameters are not supported and were ignored: {', '.join(query.ignored)}")
    if query.asks_fuzzy:
        notes.append("The fuzzymatching parameter is not supported. Only literal matching has been performed.")
    return "; ".join(notes) or None
