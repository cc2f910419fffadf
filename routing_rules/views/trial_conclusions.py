"""What a trial comes to, in words: one sentence, then what speaks for it and against it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# Points of a per cent and of the Gini below which a difference isn't worth a sentence.
_SAME_PERCENT, _SAME_GINI, _SAME_SHARE = 0.5, 0.01, 0.05
_ALL = -1


def replay_conclusion(result: dict[str, Any]) -> dict[str, Any]:
    """Compare what is tried with the rules in force, or these with what happened; `tone` and `points` go with it."""
    has_trial = "tried" in result["columns"]
    first, second = ("in_force", "tried") if has_trial else ("happened", "in_force")
    before, after = result["figures"][first], result["figures"][second]
    all_before, all_after = before["by_priority"][_ALL], after["by_priority"][_ALL]
    number = all_after["number"]
    points = [
        *_by_priority(before, after),
        *_match(before, after),
        *_load(before, after),
        *_readers(result["changes"]),
    ]
    if not number:
        words = _("No examination of your hospitals came in these days.")
        return {"tone": "quiet", "words": words, "points": []}
    told = {"late": all_after["late"], "before": all_before["late"], "number": number}
    more, fewer = _urgent_ones(before, after, is_more=True), _urgent_ones(before, after, is_more=False)
    if all_after["late"] < all_before["late"]:
        tone, words = (
            "fine",
            _("Fewer would be late: %(late)s instead of %(before)s of %(number)s examinations%(but)s."),
        )
        against = more
    elif all_after["late"] > all_before["late"]:
        tone, words = (
            "overdue",
            _("More would be late: %(late)s instead of %(before)s of %(number)s examinations%(but)s."),
        )
        against = fewer
    else:
        tone, words = "quiet", _("As many would be late as before: %(late)s of %(number)s examinations%(but)s.")
        against = more
    # Fewer routine examinations late never outweigh a STAT one without a word.
    tone = "soon" if more and tone != "overdue" else tone
    but = ""
    if against:
        template = _(", but fewer %(names)s") if against is fewer else _(", but more %(names)s")
        but = template % {"names": _(" and ").join(against)}
    return {"tone": tone, "words": words % (told | {"but": but}), "points": points}


def _urgent_ones(before: dict[str, Any], after: dict[str, Any], *, is_more: bool) -> list[str]:
    """Return the names of the priorities above routine of which more, or fewer, would be late."""
    changes = (
        (name, after["by_priority"][at]["late"] - before["by_priority"][at]["late"])
        for at, name in enumerate((_("STAT"), _("urgent")))
    )
    return [name for name, change in changes if (change > 0 if is_more else change < 0)]


def simulation_conclusion(
    result: dict[str, Any], at_risk: list[dict[str, Any]], one_more: list[dict[str, Any]]
) -> dict[str, Any]:
    """Say how many are expected to be late, when, and what would help; spans and savings are in words already."""
    number = sum(entry["number"] for entry in result["by_priority"])
    late = sum(entry["late"]["mean"] for entry in result["by_priority"])
    days = len(result["hours"]) // 24
    span = ngettext("the coming 24 hours", "the coming %(days)s days", days) % {"days": days}
    if not number:
        words = _("Nothing is expected to arrive in %(span)s: there is no history to draw from.") % {"span": span}
        return {"tone": "quiet", "words": words, "points": []}
    values = {"late": about(late), "number": round(number), "span": span}
    if late < 0.5:
        words = _("Hardly any of the %(number)s examinations of %(span)s is expected to be late.")
        return {"tone": "fine", "words": words % values, "points": _helps(one_more)}
    words = _("About %(late)s of %(number)s examinations are expected to be late in %(span)s.")
    by_name = zip((_("STAT"), _("urgent"), _("routine")), result["by_priority"], strict=True)
    parts = [f"{about(entry['late']['mean'])} {name}" for name, entry in by_name if entry["late"]["mean"] >= 0.05]
    points = [_point("quiet", _("Of them %(parts)s.") % {"parts": ", ".join(parts)})]
    if at_risk:
        worst = max(at_risk, key=lambda entry: entry["late_items"])
        told = {"when": worst["when"], "late": worst["late"], "words": worst["words"]}
        points.append(_point(worst["tone"], _("Worst: %(when)s, about %(late)s late, %(words)s.") % told))
    tone = "overdue" if late >= 0.02 * number else "soon"
    return {"tone": tone, "words": words % values, "points": [*points, *_helps(one_more)]}


def about(value: float) -> str:
    """Write an expected number: whole from ten on, with one decimal below."""
    return f"{value:.0f}" if value >= 10 or abs(value - round(value)) < 0.05 else f"{value:.1f}"


def _by_priority(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """Say what becomes of each priority, where anything does."""
    points = []
    for at, name in enumerate((_("STAT"), _("Urgent"), _("Routine"))):
        old, new = before["by_priority"][at], after["by_priority"][at]
        if not new["number"]:
            continue
        sentences, tone = [], "quiet"
        if old["late"] != new["late"]:
            tone = "fine" if new["late"] < old["late"] else "overdue"
            sentences.append(_("%(late)s late instead of %(before)s") % {"late": new["late"], "before": old["late"]})
        if old["p95"] and new["p95"] and abs(new["p95"] - old["p95"]) > _SAME_SHARE * old["p95"]:
            tone = tone if sentences else "fine" if new["p95"] < old["p95"] else "overdue"
            told = {"p95": round(new["p95"]), "before": round(old["p95"])}
            sentences.append(_("95 of 100 signed within %(p95)s min instead of %(before)s") % told)
        if sentences:
            points.append(_point(tone, f"{name}: {', '.join(sentences)}."))
    return points


def _match(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    old, new = before["match"]["percent"], after["match"]["percent"]
    if old is None or new is None or abs(new - old) < _SAME_PERCENT:
        return []
    told = {"old": f"{old:.1f}", "new": f"{new:.1f}"}
    if new > old:
        return [_point("fine", _("Subspecialty match rises from %(old)s to %(new)s %%.") % told)]
    return [_point("overdue", _("Subspecialty match falls from %(old)s to %(new)s %%.") % told)]


def _load(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    old, new = before["load"]["gini"], after["load"]["gini"]
    if old is None or new is None or abs(new - old) < _SAME_GINI:
        return []
    told = {"old": f"{old:.2f}", "new": f"{new:.2f}"}
    if new < old:
        return [_point("fine", _("Load is more even: Gini %(new)s instead of %(old)s.") % told)]
    return [_point("overdue", _("Load is less even: Gini %(new)s instead of %(old)s.") % told)]


def _readers(changes: dict[str, Any] | None) -> list[dict[str, str]]:
    if changes is None or not changes["moved"]:
        return []
    words = ngettext(
        "%(moved)s examination changes its reader.", "%(moved)s examinations change their reader.", changes["moved"]
    )
    return [_point("quiet", words % {"moved": changes["moved"]})]


def _helps(one_more: list[dict[str, Any]]) -> list[dict[str, str]]:
    if not one_more or one_more[0]["late_items"] < 0.05:
        return []
    best = one_more[0]
    told = {"when": best["when"], "profile": best["profile"], "late": about(best["late_items"])}
    words = _("One more reader for %(profile)s helps most %(when)s: about %(late)s fewer late.") % told
    if not best["is_sure"]:
        words = f"{words} {_('It may be chance; more runs would tell.')}"
    return [_point("accent", words)]


def _point(tone: str, words: str) -> dict[str, str]:
    return {"tone": tone, "words": words}
