"""Which of a study's modalities decide who may read it and how long it may take."""

from collections.abc import Iterable

# PS3.3 C.7.3.1.1.1: series that accompany images and are not read for themselves.
ACCOMPANYING = frozenset(
    {"SR", "PR", "KO", "SEG", "REG", "DOC", "OT", "RTSTRUCT", "RTDOSE", "RTPLAN", "FID", "RWV", "SMR"}
)


def reading_modalities(modalities: Iterable[str], *, ordered: str = "") -> tuple[str, ...]:
    """Return the modalities that are read, the order's one where the images name none."""
    found = tuple(sorted({modality for modality in modalities if modality and modality not in ACCOMPANYING}))
    return found or ((ordered,) if ordered else ())
