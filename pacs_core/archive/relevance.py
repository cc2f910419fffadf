"""Which earlier studies are worth looking at beside one that is read."""

from collections.abc import Iterable, Sequence

from pacs_core.archive.models import Study


def most_relevant(study: Study, priors: Iterable[Study], *, most: int) -> list[Study]:
    """Return the priors to lay beside the study: same body part and modality first, then either, the newest of each.

    What shares neither is left out, unless nothing shares one: then the newest is better than none.
    """
    newest_first = sorted(
        priors, key=lambda prior: (prior.study_at is not None, prior.study_at, prior.pk), reverse=True
    )
    ranked = sorted(newest_first, key=lambda prior: -_likeness(study, prior))
    alike = [prior for prior in ranked if _likeness(study, prior)]
    return (alike or ranked[:1])[:most]


def prior_to_hang(study: Study, priors: Iterable[Study]) -> Study | None:
    """Return the prior whose images open beside the study's; None where none has images that are at hand."""
    at_hand = (prior for prior in priors if _has_images_at_hand(prior))
    return next(iter(most_relevant(study, at_hand, most=1)), None)


def _has_images_at_hand(prior: Study) -> bool:
    """Images in the archive class of a bucket take hours to come, others were let go by a retention rule."""
    is_gone = prior.is_hidden or prior.images_deleted_at is not None or prior.archived_at is not None
    return bool(_images(prior.modalities)) and prior.number_of_instances > 0 and not is_gone


def _likeness(study: Study, prior: Study) -> int:
    same_part = bool(study.body_part) and study.body_part == prior.body_part
    return 2 * same_part + bool(_images(study.modalities) & _images(prior.modalities))


def _images(modalities: Sequence[str]) -> set[str]:
    return set(modalities) - {"SR", "KO", "PR", "DOC"}
