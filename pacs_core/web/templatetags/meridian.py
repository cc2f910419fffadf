"""Template tags for what every screen shows the same way: icons, times, deadlines, names, ages."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JSONCatalog

register = template.Library()


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw an icon of components/icons.html; the words beside it carry the meaning."""
    classes = f"icon {css_class}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="#icon-{}"/></svg>', classes, name)


@register.filter
def in_words(name: str) -> str:
    """Write the name of an action as words: change_urgency is Change urgency."""
    return name.replace("_", " ").capitalize()


@register.filter
def person_name(value: str | None) -> str:
    """Write a DICOM person name (PS3.5 6.2.1, FAMILY^GIVEN^MIDDLE) as FAMILY, GIVEN MIDDLE."""
    parts = (value or "").split("=")[0].split("^")
    family, given = parts[0].strip(), " ".join(part.strip() for part in parts[1:3] if part.strip())
    return ", ".join(part for part in (family, given) if part) or _("No name")


@register.simple_tag
def age(birth_date: date | None, at: datetime | None = None) -> str:
    """Return the age at an instant: years, below two years months, below two months days."""
    if birth_date is None:
        return "–"
    day = (at or timezone.now()).date()
    months = (day.year - birth_date.year) * 12 + day.month - birth_date.month - (day.day < birth_date.day)
    if months >= 24:
        return _("%(years)s y") % {"years": months // 12}
    if months >= 2:
        return _("%(months)s mo") % {"months": months}
    return _("%(days)s d") % {"days": max((day - birth_date).days, 0)}


@register.filter
def minutes_words(value: float | None) -> str:
    """Write minutes as people say them: 45 min, 2 h 05, 3 d."""
    minutes = int(abs(value or 0))
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    if minutes < 24 * 60:
        return _("%(hours)s h %(minutes)s") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02d}"}
    return _("%(days)s d") % {"days": minutes // (24 * 60)}


@register.simple_tag
def relative(instant: datetime | None, zone: str = "") -> SafeString | str:
    """Return a time element that relative_time.js keeps as "12 min ago", the exact time on hover."""
    if instant is None:
        return "–"
    exact = exact_time(instant, zone)
    passed = (timezone.now() - instant).total_seconds() / 60
    duration = minutes_words(passed)
    words = _("%(duration)s ago") if passed >= 0 else _("in %(duration)s")
    return format_html(
        '<time datetime="{}" data-relative data-zone="{}" title="{}">{}</time>',
        instant.isoformat(), zone, exact, words % {"duration": duration},
    )  # fmt: skip


@register.simple_tag
def exact_time(instant: datetime | None, zone: str = "") -> str:
    """Write an instant in a hospital's zone: 24 Nov 2026, 14:02 EET."""
    if instant is None:
        return "–"
    local = instant.astimezone(ZoneInfo(zone) if zone else timezone.get_current_timezone())
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


@register.simple_tag
def clock_time(instant: datetime | None, zone: str = "") -> str:
    """Write an instant as a clock in that zone shows it: 14:02."""
    if instant is None:
        return "–"
    return f"{instant.astimezone(ZoneInfo(zone) if zone else timezone.get_current_timezone()):%H:%M}"


@register.simple_tag
def countdown(deadline: datetime | None, zone: str = "", soon_minutes: int = 30) -> SafeString:
    """Return the time to a deadline with a shape and a word; relative_time.js counts on."""
    if deadline is None:
        return format_html('<span class="countdown" data-state="none">{}</span>', "–")
    left = (deadline - timezone.now()).total_seconds() / 60
    state = "overdue" if left < 0 else "soon" if left < soon_minutes else "fine"
    words = {"overdue": _("overdue"), "soon": _("soon"), "fine": _("fine")}
    return format_html(
        '<time class="countdown" datetime="{}" data-zone="{}" data-soon-minutes="{}" data-state="{}" title="{}">'
        '<svg class="icon shape shape-overdue" aria-hidden="true"><use href="#icon-overdue"/></svg>'
        '<svg class="icon shape shape-soon" aria-hidden="true"><use href="#icon-soon"/></svg>'
        '<svg class="icon shape shape-fine" aria-hidden="true"><use href="#icon-fine"/></svg>'
        '<span class="word">{}</span> <span class="left">{}</span></time>',
        deadline.isoformat(), zone, soon_minutes, state,
        _("Due %(exact)s") % {"exact": exact_time(deadline, zone)}, words[state], minutes_words(left),
    )  # fmt: skip


@register.filter
def soon_minutes(service_level_minutes: int) -> int:
    """Return the minutes left from which an item counts as soon: a quarter of its service level, an hour at most."""
    return max(10, min(60, service_level_minutes // 4))


_PRIORITIES = {"stat": ("overdue", "stat"), "urgent": ("soon", "urgent"), "routine": ("quiet", "routine")}
_STATUSES = {
    "unassigned": ("soon", "unassigned"),
    "assigned": ("quiet", "assigned"),
    "reading": ("accent", "reading"),
    "signing": ("accent", "signing"),
    "signed": ("fine", "signed"),
    "cancelled": ("quiet", "cancelled"),
}


def _badge(css_class: str, tone: str, icon_name: str, word: Any) -> SafeString:
    return format_html('<span class="badge-line {}" data-tone="{}">{}{}</span>', css_class, tone, icon(icon_name), word)


@register.simple_tag
def priority_badge(value: str, word: str = "") -> SafeString:
    tone, icon_name = _PRIORITIES.get(value, ("quiet", "routine"))
    return _badge("priority", tone, icon_name, word or value)


@register.simple_tag
def status_badge(value: str, word: str = "") -> SafeString:
    tone, icon_name = _STATUSES.get(value, ("quiet", "info"))
    return _badge("status", tone, icon_name, word or value)


@register.simple_tag
def signal(tone: str, word: str) -> SafeString:
    """Return overdue, soon or fine (or quiet) with its shape and the given word."""
    shapes = {"overdue": "overdue", "soon": "soon", "fine": "fine"}
    return _badge("", tone, shapes.get(tone, "info"), word)


@register.filter
def initials(name: str | None) -> str:
    words = [word for word in (name or "").split() if word[:1].isalpha() and not word.endswith(".")]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


@register.simple_tag
def counted(count: int, one: str, many: str) -> str:
    """Return the translated singular or plural with %(count)s filled in."""
    return ngettext(one, many, count) % {"count": count}


@register.simple_tag
def script_catalogue() -> dict[str, Any]:
    """Return the words of the scripts (domain djangojs) in the page's language."""
    return _catalogue(get_language() or "en")


@lru_cache
def _catalogue(language: str) -> dict[str, Any]:
    view = JSONCatalog()
    view.translation = DjangoTranslation(language, domain="djangojs")
    return view.get_catalog()
