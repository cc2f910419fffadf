"""Whether an instance's pixels may show who the patient is: a header's word, or a kind of image that often does."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from pacs_core.standards.dicom.reading import element_value

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Documents and videos: what is in them is not looked at.
_DOCUMENTS = (f"{_STORAGE}104.",)
_VIDEOS = tuple(f"{_STORAGE}77.1.{kind}" for kind in ("1.1", "2.1", "4.1"))
# Secondary captures, ultrasound, photographs and endoscopy carry names in their pixels as often as not (PS3.15 E.3.1).
_DOUBTFUL_CLASSES = (
    f"{_STORAGE}7",
    f"{_STORAGE}6.",
    f"{_STORAGE}3.",
    *(f"{_STORAGE}77.1.{kind}" for kind in ("1", "2", "4")),
)
_DOUBTFUL_MODALITIES = frozenset({"US", "IVUS", "SC", "OT", "ES", "XC", "GM", "SM", "DOC", "HC"})
# Detached from a device's own image, an image may be a screen shot.
_DERIVED_SCREENS = ("SCREEN SAVE", "SCREEN")


@dataclass(frozen=True)
class PixelRisk:
    """`is_certain` when it must not leave; otherwise a person who has looked may let it."""

    reason: str
    is_certain: bool


def pixel_risk(header: Dataset) -> PixelRisk | None:
    """Return why the instance may show its patient, None when nothing speaks for it."""
    sop_class = str(element_value(header, "SOPClassUID") or "")
    if sop_class.startswith(_DOCUMENTS):
        return PixelRisk("a document, whose text is not cleaned", is_certain=True)
    annotation = str(element_value(header, "BurnedInAnnotation") or "").upper()
    if annotation == "YES":
        return PixelRisk("its header says that text is burned into the pixels", is_certain=True)
    if annotation == "NO" or not any(keyword in header for keyword in ("Rows", "SamplesPerPixel")):
        return None
    if sop_class.startswith(_VIDEOS):
        return PixelRisk("a video or photograph", is_certain=False)
    modality = str(element_value(header, "Modality") or "").upper()
    if modality in _DOUBTFUL_MODALITIES or _is_of(sop_class, _DOUBTFUL_CLASSES):
        return PixelRisk(f"{modality or 'such'} images often carry text in their pixels", is_certain=False)
    if any(kind in _DERIVED_SCREENS for kind in _image_type(header)):
        return PixelRisk("a screen shot", is_certain=False)
    return None


def _is_of(sop_class: str, families: tuple[str, ...]) -> bool:
    return any(sop_class == family or sop_class.startswith(f"{family.rstrip('.')}.") for family in families)


def _image_type(header: Dataset) -> list[str]:
    value = element_value(header, "ImageType")
    return [str(part).upper() for part in ([value] if isinstance(value, str) else value or [])]
