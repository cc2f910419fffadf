"""A radiologist's own page: coming shifts, offers, time off, dropping out, the calendar feed."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hospitals.forms.rota.absences import TimeOffForm
from hospitals.models import Shift, ShiftSwap, TimeOff
from hospitals.selectors import my_shifts
from hospitals.selectors.rota_calendar import clock_words
from hospitals.services.drop_outs import drop_out, undo_drop_out
from hospitals.services.shift_feeds import digest_of, end_feed, note_fetch, renew_feed
from hospitals.services.shift_swaps import give_back_swap, offer_shift, take_shift, withdraw_swap
from hospitals.services.time_off import ask_time_off, remove_time_off
from hospitals.shift_calendar import calendar_of
from hospitals.views.administration.edge import was_saved
from hospitals.views.rota.edge import Said, answer_action, rota_page
from pacs_core.access.errors import NotVisible

READER = "radiologist"


@rota_page(role=READER)
def mine(request: HttpRequest) -> HttpResponse:
    return _page(request)


@rota_page("POST", role=READER)
def offer(request: HttpRequest, shift_id: int) -> HttpResponse:
    shift = _own_shift(request, shift_id)

    def act() -> Said:
        offer_shift(shift=shift, offered_by=request.user, note=request.POST.get("note", ""), now=timezone.now())
        return Said(_("Your colleagues see the offer. The shift stays yours until one takes it and it is agreed."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def take(request: HttpRequest, swap_id: int) -> HttpResponse:
    swap = _swap(request, swap_id)

    def act() -> Said:
        take_shift(swap=swap, taken_by=request.user, now=timezone.now())
        return Said(_("Taken. The shift is yours once the coordinator has agreed."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def give_back(request: HttpRequest, swap_id: int) -> HttpResponse:
    swap = _swap(request, swap_id)

    def act() -> Said:
        give_back_swap(swap=swap, taken_by=request.user, now=timezone.now())
        return Said(_("Given back; the offer is open again."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def withdraw(request: HttpRequest, swap_id: int) -> HttpResponse:
    swap = _swap(request, swap_id)

    def act() -> Said:
        withdraw_swap(swap=swap, withdrawn_by=request.user, now=timezone.now())
        return Said(_("The offer is withdrawn; the shift stays yours."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def cannot_go_on(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Drop out of an own shift, or read on after a mistake (undo=1)."""
    shift = _own_shift(request, shift_id)

    def act() -> Said:
        now = timezone.now()
        if request.POST.get("undo"):
            undo_drop_out(shift=shift, now=now)
            return Said(_("You read on; new studies come to you again."))
        drop_out(shift=shift, reason=request.POST.get("reason", ""), now=now)
        return Said(_("Noted. Studies you have not opened find another reader; what you have open stays with you."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def ask(request: HttpRequest) -> HttpResponse:
    form = TimeOffForm(request.POST, is_own=True)

    def save() -> None:
        ask_time_off(radiologist=request.user, **form.values())

    if was_saved(form, save):
        messages.success(request, _("Asked. It counts once the coordinator has agreed."))
        return redirect("hospitals:my_shifts")
    return _page(request, status=422, time_off_form=form)


@rota_page("POST", role=READER)
def take_back_request(request: HttpRequest, time_off_id: int) -> HttpResponse:
    """Take back what was asked for; what is agreed a coordinator takes away."""
    asked = TimeOff.objects.filter(radiologist=request.user, status=TimeOff.Status.ASKED, pk=time_off_id).first()
    if asked is None:
        raise NotVisible(f"No request {time_off_id} of yours waits.")

    def act() -> Said:
        remove_time_off(time_off=asked)
        return Said(_("You no longer ask for it."))

    return _acted(request, act)


@rota_page("POST", role=READER)
def renew(request: HttpRequest) -> HttpResponse:
    """Make the feed's secret address anew and show it, this once."""
    key = renew_feed(radiologist=request.user, now=timezone.now())
    address = settings.PUBLIC_URL.rstrip("/") + reverse("hospitals:shift_feed", args=[key])
    return _page(request, feed_address=address)


@rota_page("POST", role=READER)
def end(request: HttpRequest) -> HttpResponse:
    def act() -> Said:
        end_feed(radiologist=request.user)
        return Said(_("The address has ended; calendars that used it get nothing more."))

    return _acted(request, act)


@never_cache
@require_GET
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """Answer a calendar program that knows the secret address; anybody else learns nothing."""
    now = timezone.now()
    radiologist = my_shifts.radiologist_of_feed(digest_of(key))
    if radiologist is None:
        raise NotVisible("No feed has this address.")
    note_fetch(radiologist=radiologist, now=now)
    content = calendar_of(radiologist, my_shifts.shifts_for_feed(radiologist, now=now), now=now)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    now, zone = timezone.now(), ZoneInfo(request.user.time_zone)
    form: Form = TimeOffForm(is_own=True, initial={"zone": zone.key})
    shifts = my_shifts.coming_shifts(request.user, now=now)
    context = {
        "zone": zone.key,
        "now": now,
        "shifts": [_line(shift, zone) | {"is_running": shift.starts_at <= now} for shift in shifts],
        "offers": [
            _line(offered.swap.shift, zone) | {"swap": offered.swap, "clash": offered.clash}
            for offered in my_shifts.colleagues_offers(request.user, now=now)
        ],
        "time_off": list(my_shifts.own_time_off(request.user, now=now)),
        "time_off_form": form,
        "feed": my_shifts.feed_of(request.user),
    }
    return render(request, "hospitals/rota/mine.html", context | more, status=status)


def _line(shift: Shift, zone: ZoneInfo) -> dict[str, Any]:
    start, end = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    return {
        "shift": shift,
        "day": start.date(),
        "clock": clock_words(start, end, zone),
        "hours": (shift.ends_at - shift.starts_at).total_seconds() / 3600,
        "open_swap": next(iter(getattr(shift, "open_swaps", ())), None),
    }


def _acted(request: HttpRequest, act: Any) -> HttpResponse:
    return answer_action(request, act, reverse("hospitals:my_shifts"))


def _own_shift(request: HttpRequest, pk: int) -> Shift:
    shift = Shift.objects.filter(radiologist=request.user, pk=pk).first()
    if shift is None:
        raise NotVisible(f"No shift {pk} is yours.")
    return shift


def _swap(request: HttpRequest, pk: int) -> ShiftSwap:
    swap = my_shifts.swaps_for(request.user).filter(pk=pk).first()
    if swap is None:
        raise NotVisible(f"No offer {pk} is visible.")
    return swap
