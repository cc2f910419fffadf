"""Templates, holidays, time off and swaps as lists with their forms and decisions."""

from typing import Any

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.forms.rota.absences import (
    HolidayFilterForm,
    HolidayForm,
    ImportHolidaysForm,
    SwapFilterForm,
    TimeOffFilterForm,
    TimeOffForm,
)
from hospitals.forms.rota.templates import TemplateFilterForm, TemplateForm, weekday_words
from hospitals.models import Shift, ShiftTemplate, TimeOff
from hospitals.selectors.rota_lists import (
    find_swaps,
    find_time_off,
    shifts_inside,
    visible_holidays,
    visible_swaps,
    visible_templates,
    visible_time_off,
)
from hospitals.selectors.shift_swaps import rights_lacking_in
from hospitals.services.holidays import add_holiday, import_holidays, remove_holiday
from hospitals.services.shift_swaps import decide_swap
from hospitals.services.shift_templates import add_template, change_template
from hospitals.services.time_off import add_time_off, decide_time_off, remove_time_off
from hospitals.views.administration.edge import was_saved
from hospitals.views.rota.edge import Said, answer_action, answer_form, frame, rota_page, say
from hospitals.views.rota.shifts import day_of, zone_of
from pacs_core.access.errors import NotVisible
from pacs_core.web.numbers import row_number

PAGE_SIZE = 50


@rota_page()
def templates(request: HttpRequest) -> HttpResponse:
    filters = TemplateFilterForm(request.GET)
    rows = visible_templates(state=filters.chosen()["state"])
    pager = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [{"template": row, "days": weekday_words(row.weekdays), "ends": _end_of(row)} for row in pager]
    return _list(request, "templates", filters=filters, pager=pager, lines=lines)


@rota_page("GET", "POST")
def add_template_page(request: HttpRequest) -> HttpResponse:
    initial = {"time_zone": request.user.time_zone, "weekdays": [0, 1, 2, 3, 4]}
    form = TemplateForm(request.POST or None, initial=initial)

    def save() -> Said:
        template = add_template(**form.values())
        return Said(_("%(name)s may be applied from the calendar with t.") % {"name": template.name})

    return _form(request, form, save, _("Add a template"), _("Add template"), "templates")


@rota_page("GET", "POST")
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    found = ShiftTemplate.objects.filter(pk=template_id).first()
    if found is None:
        raise NotVisible(f"No template {template_id} is visible.")
    form = TemplateForm(request.POST or None, template=found)

    def save() -> Said:
        changed = change_template(template=found, **form.values())
        return Said(_("%(name)s is changed; its shifts stay as they are.") % {"name": changed.name})

    return _form(request, form, save, found.name, _("Save"), "templates")


@rota_page()
def holidays(request: HttpRequest) -> HttpResponse:
    return _holidays(request)


@rota_page("POST")
def add_holiday_page(request: HttpRequest) -> HttpResponse:
    form = HolidayForm(request.POST)

    def save() -> Said:
        holiday = add_holiday(**form.cleaned_data)
        return Said(_("%(name)s is marked in the calendar.") % {"name": holiday.name})

    return _holiday_form(request, form, save, "holiday_form")


@rota_page("POST")
def import_page(request: HttpRequest) -> HttpResponse:
    form = ImportHolidaysForm(request.POST)

    def save() -> Said:
        count = len(import_holidays(**form.cleaned_data))
        words = ngettext("%(count)s holiday added.", "%(count)s holidays added.", count)
        return Said(words % {"count": count})

    return _holiday_form(request, form, save, "import_form")


@rota_page("POST")
def remove_holiday_page(request: HttpRequest, holiday_id: int) -> HttpResponse:
    found = visible_holidays().filter(pk=holiday_id).first()
    if found is None:
        raise NotVisible(f"No holiday {holiday_id} is visible.")

    def act() -> Said:
        remove_holiday(holiday=found)
        return Said(_("%(name)s is no holiday any more.") % {"name": found.name})

    return answer_action(request, act, reverse("hospitals:rota_holidays"))


@rota_page()
def time_off(request: HttpRequest) -> HttpResponse:
    filters, now = TimeOffFilterForm(request.GET), timezone.now()
    rows = find_time_off(**filters.chosen(), now=now)
    pager = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [{"row": row, "inside": inside} for row, inside in _with_shifts(list(pager))]
    return _list(request, "time_off", filters=filters, pager=pager, lines=lines, now=now)


@rota_page("GET", "POST")
def add_time_off_page(request: HttpRequest) -> HttpResponse:
    zone = zone_of(request)
    day, reader = day_of(request, zone), request.GET.get("reader", "")
    initial = {
        "zone": zone.key,
        "first": day,
        "last": day,
        "radiologist": row_number(reader),
    }
    form = TimeOffForm(request.POST or None, initial=initial)

    def save() -> Said:
        given = add_time_off(created_by=request.user, **form.values())
        words = _("%(name)s is off.") % {"name": given.radiologist.name}
        count = shifts_inside(given).count()
        if count:
            text = ngettext("%(count)s shift inside does not count.", "%(count)s shifts inside do not count.", count)
            words += " " + text % {"count": count}
        undo = {"method": "DELETE", "url": f"/api/time-off/{given.pk}/"}
        return Said(words, undo, tone="soon" if count else "fine")

    return answer_form(
        request,
        form,
        save=save,
        title=_("Time off"),
        verb=_("Mark as off"),
        done_url=reverse("hospitals:rota_time_off"),
        section="time_off",
        action=reverse("hospitals:rota_add_time_off"),
        explanation=_("Shifts inside stay, but do not count; the calendar shows what nobody covers then."),
    )


@rota_page("POST")
def decide_time_off_page(request: HttpRequest, time_off_id: int) -> HttpResponse:
    found, agree = _time_off(time_off_id), request.POST.get("agree") == "1"

    def act() -> Said:
        decided = decide_time_off(time_off=found, agree=agree, decided_by=request.user, now=timezone.now())
        count = shifts_inside(decided).count() if agree else 0
        words = _("%(name)s may be off.") if agree else _("The time off of %(name)s is refused.")
        words = words % {"name": decided.radiologist.name}
        if count:
            text = ngettext("%(count)s shift inside is uncovered.", "%(count)s shifts inside are uncovered.", count)
            words += " " + text % {"count": count}
        return Said(words, tone="soon" if count else "fine")

    return answer_action(request, act, reverse("hospitals:rota_time_off"))


@rota_page("POST")
def remove_time_off_page(request: HttpRequest, time_off_id: int) -> HttpResponse:
    found = _time_off(time_off_id)

    def act() -> Said:
        remove_time_off(time_off=found)
        return Said(
            _("The time off of %(name)s is taken away; shifts inside count.") % {"name": found.radiologist.name}
        )

    return answer_action(request, act, reverse("hospitals:rota_time_off"))


@rota_page()
def swaps(request: HttpRequest) -> HttpResponse:
    filters = SwapFilterForm(request.GET)
    pager = Paginator(find_swaps(**filters.chosen()), PAGE_SIZE).get_page(request.GET.get("page"))
    found = list(pager)
    lacking = rights_lacking_in(found)
    lines = [{"swap": swap, "lacking": lacking.get(swap.pk, [])} for swap in found]
    return _list(request, "swaps", filters=filters, pager=pager, lines=lines)


@rota_page("POST")
def decide_swap_page(request: HttpRequest, swap_id: int) -> HttpResponse:
    found, agree = visible_swaps().filter(pk=swap_id).first(), request.POST.get("agree") == "1"
    if found is None:
        raise NotVisible(f"No swap {swap_id} is visible.")

    def act() -> Said:
        swap = decide_swap(swap=found, agree=agree, decided_by=request.user, now=timezone.now())
        names = {"giver": swap.offered_by.name, "taker": swap.taken_by.name if swap.taken_by else ""}
        words = _("The shift of %(giver)s is %(taker)s's now.") if agree else _("%(giver)s keeps the shift.")
        return Said(words % names)

    return answer_action(request, act, reverse("hospitals:rota_swaps"))


def _list(request: HttpRequest, section: str, **context: Any) -> HttpResponse:
    return render(request, f"hospitals/rota/{section}.html", frame(request, section) | context)


def _form(request: HttpRequest, form: Form, save: Any, title: str, verb: str, section: str) -> HttpResponse:
    done_url = reverse(f"hospitals:rota_{section}")
    return answer_form(request, form, save=save, title=title, verb=verb, done_url=done_url, section=section)


def _holidays(request: HttpRequest, status: int = 200, **forms: Form) -> HttpResponse:
    this_year = timezone.now().year
    filters = HolidayFilterForm({"year": this_year} | request.GET.dict())
    chosen = filters.chosen()
    rows = visible_holidays().filter(on__year=chosen["year"] or this_year)
    if chosen["hospital"]:
        rows = rows.filter(hospital=chosen["hospital"])
    pager = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "pager": pager,
        "holiday_form": HolidayForm(),
        "import_form": ImportHolidaysForm(initial={"year": this_year}),
    }
    values = frame(request, "holidays") | context | forms
    return render(request, "hospitals/rota/holidays.html", values, status=status)


def _holiday_form(request: HttpRequest, form: Form, save: Any, name: str) -> HttpResponse:
    done: list[Said] = []
    if was_saved(form, lambda: done.append(save())):
        return say(request, done[0], reverse("hospitals:rota_holidays"))
    return _holidays(request, 422, **{name: form})


def _time_off(pk: int) -> TimeOff:
    found = visible_time_off().filter(pk=pk).first()
    if found is None:
        raise NotVisible(f"No time off {pk} is visible.")
    return found


def _with_shifts(rows: list[TimeOff]) -> list[tuple[TimeOff, int]]:
    """Count the shifts that lose time to each, with one query."""
    if not rows:
        return []
    shifts = Shift.objects.filter(
        radiologist__in={row.radiologist_id for row in rows},
        starts_at__lt=max(row.ends_at for row in rows),
        ends_at__gt=min(row.starts_at for row in rows),
    ).values_list("radiologist_id", "starts_at", "ends_at")
    found = list(shifts)
    return [
        (row, sum(pk == row.radiologist_id and a < row.ends_at and b > row.starts_at for pk, a, b in found))
        for row in rows
    ]


def _end_of(template: ShiftTemplate) -> str:
    minutes = template.starts_at_time.hour * 60 + template.starts_at_time.minute + template.minutes
    days, minutes = divmod(minutes, 24 * 60)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return clock if days == 0 else f"{clock} +{days}"
