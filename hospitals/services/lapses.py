"""Telling people, once each, that a right lapses soon or has lapsed."""

from datetime import datetime

from django.db import transaction

from hospitals.models import LapseNotice
from hospitals.selectors.lapsing_rights import LapsingRight, lapsing_rights
from hospitals.services.rights import announce_reading_rights
from pacs_core.events.services import emit_event


@transaction.atomic
def note_lapses(*, now: datetime) -> int:
    """Write and tell what nobody was told yet; return how many. Needs a scope over all hospitals; safe to repeat.

    What has lapsed also changes the plan: unopened work goes to another reader.
    """
    told = [right for right in lapsing_rights(now) if _is_news(right, now)]
    for right in told:
        for hospital in right.hospitals:
            emit_event(
                "LapseNoticed",
                hospital_id=hospital.pk,
                radiologist_id=right.radiologist.pk,
                kind=right.kind,
                right_id=right.right_id,
                is_lapsed=right.is_lapsed,
                user_ids=[right.radiologist.pk],
            )
    announce_reading_rights({right.radiologist.pk for right in told if right.is_lapsed})
    return len(told)


def _is_news(right: LapsingRight, now: datetime) -> bool:
    _notice, is_new = LapseNotice.objects.get_or_create(
        kind=right.kind,
        right_id=right.right_id,
        valid_until=right.valid_until,
        stage=LapseNotice.Stage.LAPSED if right.is_lapsed else LapseNotice.Stage.SOON,
        defaults={"radiologist": right.radiologist, "told_at": now},
    )
    return is_new
