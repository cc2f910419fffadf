"""Which options of the confidentiality profile are chosen, and how they are told (PS3.15 E.3, PS3.16 CID 7050)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

SCHEME = "DCM"


@dataclass(frozen=True)
class Options:
    """Without any option the Basic Application Level Confidentiality Profile is applied as it stands."""

    retain_modified_dates: bool = True
    clean_descriptors: bool = True
    clean_structured_content: bool = True
    retain_patient_characteristics: bool = False
    retain_safe_private: bool = False
    retain_uids: bool = False

    def codes(self) -> list[Dataset]:
        """Return the items of DeidentificationMethodCodeSequence (0012,0064)."""
        chosen = [("113100", "Basic Application Confidentiality Profile")]
        for is_chosen, code, meaning in (
            (self.clean_structured_content, "113104", "Clean Structured Content Option"),
            (self.clean_descriptors, "113105", "Clean Descriptors Option"),
            (self.retain_modified_dates, "113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
            (self.retain_patient_characteristics, "113108", "Retain Patient Characteristics Option"),
            (self.retain_uids, "113110", "Retain UIDs Option"),
            (self.retain_safe_private, "113111", "Retain Safe Private Option"),
        ):
            if is_chosen:
                chosen.append((code, meaning))
        return [_code(value, meaning) for value, meaning in chosen]


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, SCHEME, meaning
    return item
