"""Keep items in step with what rejection notes leave to be seen of their studies."""

from django.db import transaction
from django.db.models import F

from pacs_core.archive.models import Study
from worklist.models import WorklistItem
from worklist.services.holding import NOBODY
from worklist.services.opening import open_worklist_item
from worklist.transitions import ASSIGNED, CANCELLED, UNASSIGNED, announce_item, complete_transition, lock_item

EVERY_IMAGE_REJECTED = "Every image was rejected"


@transaction.atomic
def follow_shown_images(*, study_id: int) -> None:
    """Cancel the item of a study without an image to be seen, reopen it when there is one again; else show new counts.

    Who reads or signs it goes on and sees what is left. Safe to call again.
    """
    study = Study.kept.get(pk=study_id)
    item_id = WorklistItem.objects.filter(study=study).values_list("pk", flat=True).first()
    if item_id is None:
        if not study.is_hidden:
            open_worklist_item(study_id=study_id)
        return
    item = lock_item(item_id)
    if study.is_hidden and item.status in (UNASSIGNED, ASSIGNED):
        complete_transition(item, "cancel", changes=NOBODY, reason=EVERY_IMAGE_REJECTED)
    elif not study.is_hidden and item.status == CANCELLED and _was_cancelled_for_that(item):
        complete_transition(item, "reopen", changes={}, reason="There are images again")
    else:
        WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
        announce_item(item, "WorklistItemChanged", action="images")


def _was_cancelled_for_that(item: WorklistItem) -> bool:
    last = item.transitions.filter(action="cancel").order_by("-pk").first()
    return last is not None and last.reason == EVERY_IMAGE_REJECTED
