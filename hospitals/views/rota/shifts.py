"""Shifts from the calendar: add, change, remove, drop out, call in; a template or a whole week at once."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.errors import InvalidValue
from hospitals.forms.rota.calendar import CopyWeekForm
from hospitals.forms.rota.shifts import CalendarShiftForm, MoveShiftForm
from hospitals.forms.rota.templates import ApplyTemplateForm
from hospitals.models import Shift
from hospitals.models.hospital import time_zone_names
from hospitals.selectors.rota_calendar import exact_words
from hospitals.selectors.rota_lists import visible_shift, visible_templates
from hospitals.services.drop_outs import call_in, drop_out, undo_drop_out
from hospitals.services.rota import add_shift, change_shift, remove_shift
from hospitals.services.rota_plans import Planned, apply_template, copy_week
from hospitals.services.shift_moves import move_shift
from hospitals.views.rota.edge import Said, answer_action, answer_form, rota_page
from pacs_core.web.numbers import row_number

SKIPPED_NAMED = 4


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the zone that the address or the form names, else the viewer's."""
    name = request.GET.get("zone") or request.POST.get("zone") or ""
    return ZoneInfo(name if name in time_zone_names() else request.user.time_zone)


def day_of(request: HttpRequest, zone: ZoneInfo) -> date:
    try:
        return parse_date(request.GET.get("day", "")) or timezone.now().astimezone(zone).date()
    except ValueError:
        return timezone.now().astimezone(zone).date()


@rota_page("GET", "POST")
def add(request: HttpRequest) -> HttpResponse:
    zone = zone_of(request)
    reader = request.GET.get("reader", "")
    initial = {
        "zone": zone.key,
        "day": day_of(request, zone),
        "radiologist": row_number(reader),
        "starts": "08:00",
        "ends": "16:00",
    }
    form = CalendarShiftForm(request.POST or None, initial=initial)

    def save() -> Said:
        shift = add_shift(**form.values())
        return Said(
            _("%(name)s: shift added, %(when)s.") % _named(shift, zone),
            {"method": "DELETE", "url": f"/api/shifts/{shift.pk}/"},
        )

    return answer_form(request, form, save=save, title=_("Add a shift"), verb=_("Add"), zone=zone.key)


@rota_page("GET", "POST")
def shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    found, zone, now = visible_shift(shift_id), zone_of(request), timezone.now()
    form = CalendarShiftForm(request.POST or None, shift=found, zone=zone)
    before = _as_body(found)

    def save() -> Said:
        changed = change_shift(shift=found, **form.values())
        return _changed(changed, before, zone)

    return answer_form(
        request,
        form,
        save=save,
        title=found.radiologist.name,
        verb=_("Save"),
        zone=zone.key,
        shift=found,
        when=exact_words(found.starts_at, found.ends_at, zone, found.radiologist),
        is_over=found.ends_at <= now,
        may_call_in=found.is_on_call and not found.dropped_out_at and found.starts_at <= now < found.ends_at,
    )


@rota_page("POST")
def move(request: HttpRequest, shift_id: int) -> HttpResponse:
    """A bar was dragged: the shift moves, as a whole or one end of it, to another reader perhaps."""
    found, form = visible_shift(shift_id), MoveShiftForm(request.POST)
    before = _as_body(found)

    def act() -> Said:
        if not form.is_valid():
            field, faults = next(iter(form.errors.items()))
            raise InvalidValue(field, faults[0])
        moved = move_shift(shift=found, **form.values())
        return _changed(moved, before, form.values()["zone"])

    return answer_action(request, act)


@rota_page("POST")
def remove(request: HttpRequest, shift_id: int) -> HttpResponse:
    found, zone = visible_shift(shift_id), zone_of(request)
    body = _as_body(found)
    said = _("%(name)s: shift removed, %(when)s.") % _named(found, zone)

    def act() -> Said:
        remove_shift(shift=found)
        return Said(said, {"method": "POST", "url": "/api/shifts/", "body": body})

    return answer_action(request, act)


@rota_page("POST")
def drop(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Note a drop-out, or take it back (undo=1)."""
    found = visible_shift(shift_id)
    name = found.radiologist.name

    def act() -> Said:
        now = timezone.now()
        if request.POST.get("undo"):
            undo_drop_out(shift=found, now=now)
            return Said(_("%(name)s reads on.") % {"name": name})
        drop_out(shift=found, reason=request.POST.get("reason", ""), now=now)
        words = _("%(name)s has dropped out. Unopened studies find another reader; what is open stays.")
        return Said(
            words % {"name": name},
            {"method": "POST", "url": f"/api/shifts/{found.pk}/undo-drop-out/"},
            tone="soon",
        )

    return answer_action(request, act)


@rota_page("POST")
def call(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Call in a reader who is on call, until the instant given or the end of the call."""
    found, zone = visible_shift(shift_id), zone_of(request)

    def act() -> Said:
        try:
            until = parse_datetime(request.POST.get("until", ""))
        except ValueError as error:
            raise InvalidValue("until", "is no instant") from error
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=zone)
        called = call_in(shift=found, until=until or found.ends_at, now=timezone.now())
        return Said(
            _("%(name)s is called in, %(when)s.") % _named(called, zone),
            {"method": "DELETE", "url": f"/api/shifts/{called.pk}/"},
        )

    return answer_action(request, act)


@rota_page("GET", "POST")
def apply(request: HttpRequest) -> HttpResponse:
    zone = zone_of(request)
    day = day_of(request, zone)
    initial = {
        "template": visible_templates().first(),
        "radiologists": [value for value in request.GET.getlist("reader") if row_number(value) is not None],
        "first": day,
        "last": day + timedelta(days=6 - day.weekday()),
    }
    form = ApplyTemplateForm(request.POST or None, initial=initial)

    def save() -> Said:
        given = form.cleaned_data
        planned = apply_template(
            template=given["template"],
            radiologists=list(given["radiologists"]),
            first=given["first"],
            last=given["last"],
        )
        return _told(planned, zone)

    return answer_form(
        request,
        form,
        save=save,
        title=_("Apply a template"),
        verb=_("Make the shifts"),
        explanation="" if form.fields["template"].queryset.exists() else _("There is no template yet. Add one first."),
        action=reverse("hospitals:rota_apply"),
    )


@rota_page("GET", "POST")
def copy(request: HttpRequest) -> HttpResponse:
    zone = zone_of(request)
    day = day_of(request, zone)
    monday = day - timedelta(days=day.weekday())
    form = CopyWeekForm(request.POST or None)
    if request.method == "GET":
        readers = list(form.fields["radiologists"].queryset.values_list("pk", flat=True))
        initial = {
            "zone": zone.key,
            "monday": monday,
            "to_monday": monday + timedelta(days=7),
            "radiologists": readers,
        }
        form = CopyWeekForm(initial=initial)

    def save() -> Said:
        given = form.cleaned_data
        planned = copy_week(
            radiologists=list(given["radiologists"]),
            monday=given["monday"],
            to_monday=given["to_monday"],
            zone=ZoneInfo(given["zone"]),
        )
        return _told(planned, zone)

    return answer_form(
        request,
        form,
        save=save,
        title=_("Copy a week"),
        verb=_("Copy"),
        action=reverse("hospitals:rota_copy"),
    )


def _named(shift: Shift, zone: ZoneInfo) -> dict[str, str]:
    reader = shift.radiologist
    return {"name": reader.name, "when": exact_words(shift.starts_at, shift.ends_at, zone, reader)}


def _changed(shift: Shift, before: dict[str, Any], zone: ZoneInfo) -> Said:
    """Say what a shift is now, and the way back to what it was."""
    undo = {"method": "PATCH", "url": f"/api/shifts/{shift.pk}/", "body": before}
    return Said(_("%(name)s: shift changed, %(when)s.") % _named(shift, zone), undo)


def _as_body(shift: Shift) -> dict[str, Any]:
    """Return the shift as the API takes it, to put it back as it was."""
    return {
        "radiologist": shift.radiologist.email,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "is_on_call": shift.is_on_call,
        "breaks": [
            {"starts_at": pause.starts_at.isoformat(), "ends_at": pause.ends_at.isoformat()}
            for pause in shift.breaks.all()
        ],
    }


def _told(planned: Planned, zone: ZoneInfo) -> Said:
    """Say how many shifts were made, and which were not and why."""
    count = len(planned.added)
    words = ngettext("%(count)s shift added.", "%(count)s shifts added.", count) % {"count": count}
    if planned.already:
        count = len(planned.already)
        words += " " + ngettext("%(count)s was there.", "%(count)s were there.", count) % {"count": count}
    for skipped, why in ((planned.away, _("away")), (planned.overlapping, _("has another shift then"))):
        if not skipped:
            continue
        first = [f"{one.radiologist.name} {one.starts_at.astimezone(zone):%a %d %b}" for one in skipped[:SKIPPED_NAMED]]
        more = len(skipped) - len(first)
        rest = " " + _("and %(count)s more") % {"count": more} if more > 0 else ""
        words += " " + _("Skipped, %(why)s: %(names)s%(rest)s.") % {
            "why": why,
            "names": ", ".join(first),
            "rest": rest,
        }
    return Said(words, tone="soon" if planned.skipped else "fine")
