"""The calendar of the rota."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from hospitals.forms.rota.calendar import SPANS, RotaViewForm
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.coverage import ANY
from hospitals.selectors.rota_calendar import Coverage, Day, coverage_of, days_of, lines_of
from hospitals.views.rota.coverage_plot import CoverageLine, drawn
from hospitals.views.rota.edge import frame, rota_page
from pacs_core import flow
from pacs_core.access.scopes import current_scope

# Days beyond which a label inside a bar can't be read.
MOST_DAYS_WITH_LABELS = 7


@rota_page()
def rota(request: HttpRequest) -> HttpResponse:
    view = RotaViewForm(request.GET, user=request.user)
    now, zone = timezone.now(), view.chosen_zone
    today = now.astimezone(zone).date()
    first = view.first_day(today)
    days = days_of(first, view.number_of_days, zone, now=now)
    readers = view.readers()
    context = {
        "view": view,
        "zone": zone.key,
        "days": [{"day": day, "ticks": day.ticks(zone)} for day in days],
        "today": today,
        "first": first,
        "has_labels": view.number_of_days <= MOST_DAYS_WITH_LABELS,
        "lines": lines_of(readers, days, zone),
        "coverage": _coverage(view, list(readers), days, now, zone),
        "steps": _steps(request, first, view.number_of_days, today),
        "spans": _spans(request, view.number_of_days),
    }
    return render(request, "hospitals/rota/calendar.html", frame(request, "calendar") | context)


def _coverage(
    view: RotaViewForm, readers: Sequence[Any], days: Sequence[Day], now: datetime, zone: ZoneInfo
) -> list[CoverageLine]:
    """Return the lines of coverage: of all, and of the subspecialties asked for or with a gap ahead."""
    chosen = view.cleaned_data.get("subspecialty")
    wanted = [chosen] if chosen else SUBSPECIALTIES

    def expected(hours: Any) -> Any:
        return flow.resolve("expected_work")(hours, now=now)

    hospital = view.cleaned_data.get("hospital")
    places = {hospital.pk} if hospital else current_scope().hospital_ids
    lines = coverage_of(readers, days, expected, subspecialties=wanted, hospital_ids=places, now=now)
    knows_work = lines[0].is_expected
    if not chosen and view.cleaned_data.get("coverage") != "all":
        lines = [line for line in lines if line.subspecialty == ANY or _has_gap(line, now, knows_work)]
    return [drawn(line, days, zone, now=now, knows_work=knows_work) for line in lines]


def _has_gap(line: Coverage, now: datetime, knows_work: bool) -> bool:
    """A subspecialty nobody sends anything of has no gap; while nothing is known yet, each may be missed."""
    return bool(line.count("gap", now)) and (line.is_expected or not knows_work)


def _steps(request: HttpRequest, first: date, count: int, today: date) -> dict[str, str]:
    def address(start: date) -> str:
        return f"?{urlencode({**_kept(request), 'start': start.isoformat()})}"

    step = timedelta(days=count)
    return {
        "previous": address(first - step),
        "next": address(first + step),
        "today": address(today),
        "kept": urlencode(_kept(request)),
    }


def _spans(request: HttpRequest, chosen: int) -> list[dict[str, Any]]:
    start = request.GET.get("start", "")
    return [
        {
            "words": words,
            "url": f"?{urlencode({**_kept(request), 'days': value} | ({'start': start} if start else {}))}",
            "is_chosen": int(value) == chosen,
        }
        for value, words in SPANS
    ]


def _kept(request: HttpRequest) -> dict[str, str]:
    """Return the filters and the span of days as the address names them."""
    names = ("zone", "hospital", "subspecialty", "group", "coverage", "days")
    return {name: request.GET[name] for name in names if request.GET.get(name)}
