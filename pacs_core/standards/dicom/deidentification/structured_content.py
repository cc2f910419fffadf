"""Clean the content tree of a structured report or key object note (PS3.15 E.3.4, PS3.3 C.17.3).

Measurements, codes, coordinates and references stay; whoever is named goes, and text keeps only harmless words.
"""

from pydicom.dataset import Dataset

from pacs_core.standards.dicom.deidentification.descriptors import cleaned_text
from pacs_core.standards.dicom.reading import element_value

# Value types that name somebody or hold anything.
_REMOVED = frozenset({"PNAME"})
# Concepts whose value names an observer, an institution or the patient, whatever its type (PS3.16 TID 1002 to 1007).
_IDENTIFYING_CONCEPTS = frozenset(
    {
        *("121008", "121009", "121010", "121011", "121012", "121013", "121014", "121015", "121016", "121017"),
        *("121029", "121030", "121031", "121032", "121033", "121034", "121035", "121036", "121022", "121018"),
        *("113870", "122146", "128774", "121019", "121020", "121021", "113876", "113877", "113878"),
    }
)


def clean_content(dataset: Dataset) -> None:
    """Clean the items of ContentSequence, and those below them, in place."""
    items = element_value(dataset, "ContentSequence")
    if items is None:
        return
    kept = [item for item in items if not _is_identifying(item)]
    for item in kept:
        if "TextValue" in item:
            item.TextValue = cleaned_text(str(element_value(item, "TextValue") or "")) or "REMOVED"
        clean_content(item)
    dataset.ContentSequence = kept


def _is_identifying(item: Dataset) -> bool:
    if str(element_value(item, "ValueType") or "") in _REMOVED:
        return True
    names = element_value(item, "ConceptNameCodeSequence")
    code = str(element_value(names[0], "CodeValue") or "") if names else ""
    return code in _IDENTIFYING_CONCEPTS
