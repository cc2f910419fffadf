"""The health of the network in sentences, each with what to do next; the worst first."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.selectors.health_outbound import given_up_parts
from hospitals.selectors.health_part import HealthPart, span_words
from hospitals.selectors.health_storage import storage_parts
from hospitals.selectors.sending_rhythm import SHORTEST_SILENCE, study_arrivals, unusual_silence
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance
from pacs_core.events.models import Event, EventReceipt
from pacs_core.network.health.checks import run_checks
from pacs_core.network.nodes.reasons import words_of_reason
from pacs_core.network.nodes.selectors import visible_nodes, visible_rejected_associations

DAY = timedelta(days=1)
# Work that waits longer than this is not just on its way.
WAITS_TOO_LONG = timedelta(minutes=2)
CALLERS_NAMED = 5
_TONES = ("overdue", "soon", "fine")


def health_parts(now: datetime) -> list[HealthPart]:
    """Return what an administrator should know about the open scope's part of the network."""
    sources = (
        _systems,
        storage_parts,
        _unfinished_work,
        _failed_handlers,
        _silent_nodes,
        given_up_parts,
        _quarantine,
        _rejections,
    )
    parts = [part for source in sources for part in source(now)]
    return sorted(parts, key=lambda part: _TONES.index(part.tone))


def _systems(now: datetime) -> Iterator[HealthPart]:
    steps = {
        "database": (_("Database"), _("Nothing can be saved until it answers. Start PostgreSQL again.")),
        "broker": (_("Broker"), _("Images are kept but not shown until it answers. Start Valkey again.")),
        "workers": (_("Workers"), _("Images are kept but not indexed or assigned meanwhile. Start the worker again.")),
        "dicom_listener": (
            _("DICOM listener"),
            _("Scanners and PACS cannot send, and keep their images until they can. Start it again."),
        ),
        "hl7_listener": (_("HL7 listener"), _("Orders wait at their senders until it answers. Start it again.")),
        "storage": (_("Storage"), _("Senders are told to try again later. Free space or correct the folder's rights.")),
    }
    results = run_checks()
    working = [steps[name][0] for name, result in results.items() if result["ok"]]
    for name, result in results.items():
        if not result["ok"]:
            label, step = steps[name]
            yield HealthPart("overdue", _("stands still"), f"{label}: {result['reason']}", step)
    if working:
        yield HealthPart("fine", _("runs"), _("%(parts)s: answering.") % {"parts": ", ".join(working)})


def _unfinished_work(now: datetime) -> Iterator[HealthPart]:
    pending = ReceivedInstance.objects.filter(outcome=ReceivedInstance.Outcome.PENDING).aggregate(
        count=Count("pk"), since=Min("received_at")
    )
    if pending["count"] and now - pending["since"] > WAITS_TOO_LONG:
        yield HealthPart(
            "overdue",
            _("waits"),
            ngettext(
                "%(count)s received image is not filed yet, for %(span)s.",
                "%(count)s received images are not filed yet, the oldest for %(span)s.",
                pending["count"],
            )
            % {"count": pending["count"], "span": span_words(now - pending["since"])},
            _("None is lost. Look whether the worker runs; its log names what holds it up."),
        )
    undelivered = Event.objects.filter(delivered_at__isnull=True, due_at__lte=now - WAITS_TOO_LONG).aggregate(
        count=Count("pk"), since=Min("due_at")
    )
    if undelivered["count"]:
        yield HealthPart(
            "overdue",
            _("waits"),
            ngettext(
                "%(count)s event is not delivered yet, for %(span)s.",
                "%(count)s events are not delivered yet, the oldest for %(span)s.",
                undelivered["count"],
            )
            % {"count": undelivered["count"], "span": span_words(now - undelivered["since"])},
            _("Screens and assignments are behind. Look whether worker and beat run."),
        )


def _failed_handlers(now: datetime) -> Iterator[HealthPart]:
    scope = current_scope()
    mine = Q(hospital_id_of_event__in=scope.hospital_ids)
    if scope.principal.role == "system_administrator":
        mine |= Q(hospital_id_of_event__isnull=True)
    failed = EventReceipt.objects.filter(mine, failed_at__isnull=False, done_at__isnull=True)
    by_handler = failed.values("handler").annotate(count=Count("pk"), last=Max("failed_at"), error=Max("last_error"))
    for row in by_handler.order_by("-count", "handler"):
        yield HealthPart(
            "overdue",
            _("failed"),
            ngettext(
                "%(count)s time a step was given up: %(step)s (%(error)s), last %(span)s ago.",
                "%(count)s times a step was given up: %(step)s (%(error)s), last %(span)s ago.",
                row["count"],
            )
            % {
                "count": row["count"],
                "step": row["handler"].rsplit(".", 1)[-1].replace("_", " "),
                "error": row["error"] or _("no reason kept"),
                "span": span_words(now - row["last"]),
            },
            _("It is not tried again by itself. The worker's log of that time holds the cause."),
        )


def _silent_nodes(now: datetime) -> Iterator[HealthPart]:
    nodes = visible_nodes().filter(is_paused=False, may_store=True)
    quiet = {node.ae_title: node for node in nodes.filter(last_stored_at__lt=now - SHORTEST_SILENCE)}
    for ae_title, arrivals in sorted(study_arrivals(quiet).items()):
        silence = unusual_silence(ae_title, arrivals, now)
        if silence is not None:
            spans = {"last": span_words(silence.lasting), "usual": span_words(silence.usual)}
            yield HealthPart(
                "soon",
                _("silent"),
                _("%(node)s last sent %(last)s ago, usually every %(usual)s.") % ({"node": ae_title} | spans),
                _("Maybe it is switched off or its network is down: send a C-ECHO from it, or call the hospital."),
                reverse("administration:node", args=[quiet[ae_title].pk]),
                _("Show node"),
            )
    counts = nodes.aggregate(all=Count("pk"), lately=Count("pk", filter=Q(last_stored_at__gte=now - DAY)))
    if counts["lately"]:
        yield HealthPart(
            "fine", _("sends"), _("%(lately)s of %(all)s nodes sent images in the last day.") % counts,
        )  # fmt: skip


def _quarantine(now: datetime) -> Iterator[HealthPart]:
    waiting = QuarantinedInstance.objects.filter(resolved_at__isnull=True).values("hospital__code", "hospital_id")
    for row in waiting.annotate(count=Count("pk"), since=Min("received_at")).order_by("since"):
        yield HealthPart(
            "soon" if now - row["since"] < DAY else "overdue",
            _("waits"),
            ngettext(
                "%(count)s file of %(hospital)s waits in quarantine, for %(span)s.",
                "%(count)s files of %(hospital)s wait in quarantine, the oldest for %(span)s.",
                row["count"],
            )
            % {"count": row["count"], "hospital": row["hospital__code"], "span": span_words(now - row["since"])},
            _("Images may be missing from a study. Read the reason, then file again or reject."),
            f"{reverse('administration:quarantine')}?{urlencode({'hospital': row['hospital_id']})}",
            _("Decide"),
        )


def _rejections(now: datetime) -> Iterator[HealthPart]:
    lately = visible_rejected_associations().filter(last_at__gte=now - DAY).order_by("-times", "-last_at")
    shown = list(lately[: CALLERS_NAMED + 1])
    for rejection in shown[:CALLERS_NAMED]:
        words = {
            "caller": rejection.calling_ae_title or _("A caller without a name"),
            "address": rejection.peer_address,
            "reason": words_of_reason(rejection.reason),
            "times": rejection.times,
            "span": span_words(now - rejection.last_at),
        }
        yield HealthPart(
            "soon",
            _("rejected"),
            _("%(caller)s at %(address)s was turned away, %(times)s in all, last %(span)s ago: %(reason)s") % words,
            _("If it is one of yours, let it in; it must then send again what was turned away."),
            reverse("administration:rejected_associations"),
            _("Show"),
        )
    if len(shown) > CALLERS_NAMED:
        yield HealthPart(
            "soon", _("rejected"), _("More callers were turned away in the last day."), "",
            reverse("administration:rejected_associations"), _("Show all"),
        )  # fmt: skip
