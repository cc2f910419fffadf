"""De-identify a data set: the Basic Profile and its options, for every element at every depth (PS3.15 E.1, E.3)."""

from datetime import timedelta
from typing import cast

from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from pacs_core.standards.dicom.deidentification.descriptors import cleaned_text
from pacs_core.standards.dicom.deidentification.element_values import dummy_of, moved
from pacs_core.standards.dicom.deidentification.options import Options
from pacs_core.standards.dicom.deidentification.profile import Rule, rule_for
from pacs_core.standards.dicom.deidentification.pseudonyms import Pseudonyms
from pacs_core.standards.dicom.deidentification.safe_private import is_safe_private
from pacs_core.standards.dicom.deidentification.structured_content import clean_content
from pacs_core.standards.dicom.reading import element_value, quietly

METHOD = "Meridian, PS3.15 Annex E"
_STANDARD_ROOT = "1.2.840.10008."
_CONTENT_SEQUENCE = 0x0040A730
# UIDs that name a kind of thing, not a thing.
_KINDS = ("SOPClass", "TransferSyntax", "CodingScheme", "ContextUID", "MappingResource", "Implementation", "Template")
# What the Retain Patient Characteristics Option keeps (table E.1-1); ages above 89 tell too much and are cut there.
_CHARACTERISTICS = frozenset(
    {
        *("PatientSex", "PatientAge", "PatientSize", "PatientWeight", "EthnicGroup", "PatientSexNeutered"),
        *("SmokingStatus", "PregnancyStatus"),
    }
)
_OLDEST_YEARS = 89


class NotDeidentifiable(Exception):
    """The instance holds what the chosen options do not clean."""


class Deidentifier:
    """Applies one project's options and pseudonyms to the instances of one patient."""

    def __init__(self, *, options: Options, pseudonyms: Pseudonyms, issuer: str, patient_id: str) -> None:
        self.options, self.pseudonyms = options, pseudonyms
        self.patient = pseudonyms.of_patient(issuer=issuer, patient_id=patient_id)
        self.shift: timedelta = pseudonyms.shift_of_patient(issuer=issuer, patient_id=patient_id)

    def apply(self, dataset: Dataset) -> None:
        """Change a data set without its pixel data in place; raises NotDeidentifiable."""
        if "ContentSequence" in dataset and not self.options.clean_structured_content:
            raise NotDeidentifiable("a structured report, and the project does not clean those")
        with quietly():
            clean_content(dataset)
            self._clean(dataset)
            _drop_idle_creators(dataset)
            self._say_what_was_done(dataset)

    def _clean(self, dataset: Dataset) -> None:
        for tag in list(dataset.keys()):
            try:
                element = cast(DataElement, dataset[tag])
            except Exception:
                # A value that cannot even be decoded may be anything.
                del dataset[tag]
                continue
            if tag.is_private:
                self._judge_private(dataset, element)
            else:
                self._judge(dataset, element)

    def _judge(self, dataset: Dataset, element: DataElement) -> None:
        rule = rule_for(element.tag)
        if element.VR == "UI":
            self._replace_uids(dataset, element, rule)
        elif rule is None:
            self._judge_unlisted(dataset, element)
        elif self.options.retain_patient_characteristics and element.keyword in _CHARACTERISTICS:
            if element.keyword == "PatientAge":
                element.value = _bounded_age(str(element.value or ""))
        elif self.options.retain_modified_dates and element.VR in ("DA", "DT", "TM") and not _is_birth(element):
            self._move(element)
        elif self.options.clean_descriptors and rule.is_descriptor:
            self._keep_descriptor(dataset, element, rule)
        else:
            self._act(dataset, element, rule.strictest_fit)

    def _judge_unlisted(self, dataset: Dataset, element: DataElement) -> None:
        """Look at what the table leaves alone: it knows neither what a later edition adds nor what a vendor invents."""
        if element.VR == "SQ":
            for item in element.value or []:
                self._clean(item)
        elif not dictionary_has_tag(element.tag) or element.VR == "UN":
            del dataset[element.tag]
        elif element.VR == "PN":
            element.value = ""
        elif element.VR in ("DA", "DT"):
            if self.options.retain_modified_dates:
                self._move(element)
            else:
                element.value = ""

    def _act(self, dataset: Dataset, element: DataElement, action: str) -> None:
        if element.VR == "SQ" and element.tag != _CONTENT_SEQUENCE and action != "U":
            # Nothing is known to stand in for items; Z and D leave none.
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value or []:
                self._clean(item)
        elif action == "X":
            del dataset[element.tag]
        elif action == "D" and element.value not in (None, "", b""):
            dummy = dummy_of(element.VR)
            if dummy is None:
                del dataset[element.tag]
            else:
                element.value = dummy
        else:
            element.value = b"" if element.VR in ("OB", "OW", "UN") else ""

    def _replace_uids(self, dataset: Dataset, element: DataElement, rule: Rule | None) -> None:
        if rule is not None and rule.action == "X":
            del dataset[element.tag]
            return
        if self.options.retain_uids or any(kind in element.keyword for kind in _KINDS):
            return
        values = element.value if element.VM > 1 else [element.value]
        replaced = [self._uid(str(value)) if value else "" for value in values]
        element.value = replaced if len(replaced) > 1 else replaced[0]

    def _uid(self, uid: str) -> str:
        return uid if uid.startswith(_STANDARD_ROOT) else self.pseudonyms.of_uid(uid)

    def _move(self, element: DataElement) -> None:
        if element.VR != "TM":
            element.value = moved(element, self.shift)

    def _keep_descriptor(self, dataset: Dataset, element: DataElement, rule: Rule) -> None:
        values = element.value if element.VM > 1 else [element.value]
        cleaned = [text for value in values if (text := cleaned_text(str(value or "")))]
        if cleaned:
            element.value = cleaned if len(cleaned) > 1 else cleaned[0]
        else:
            self._act(dataset, element, rule.strictest_fit)

    def _judge_private(self, dataset: Dataset, element: DataElement) -> None:
        if element.tag.is_private_creator:
            if not self.options.retain_safe_private:
                del dataset[element.tag]
            return
        creator = str(element.private_creator or "")
        if not (self.options.retain_safe_private and is_safe_private(tag=element.tag, creator=creator, vr=element.VR)):
            del dataset[element.tag]

    def _say_what_was_done(self, dataset: Dataset) -> None:
        dataset.PatientID, dataset.PatientName = self.patient, self.patient
        dataset.IssuerOfPatientID = self.pseudonyms.prefix
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = METHOD
        dataset.DeidentificationMethodCodeSequence = self.options.codes()
        is_moved = self.options.retain_modified_dates
        dataset.LongitudinalTemporalInformationModified = "MODIFIED" if is_moved else "REMOVED"


def _drop_idle_creators(dataset: Dataset) -> None:
    """Remove private creators whose block holds nothing any more (PS3.5 7.8.1)."""
    private = [tag for tag in list(dataset.keys()) if tag.is_private]
    used = {(tag.group, tag.element >> 8) for tag in private if not tag.is_private_creator}
    for tag in (tag for tag in private if tag.is_private_creator):
        if (tag.group, tag.element) not in used:
            del dataset[tag]


def uid_of(dataset: Dataset, keyword: str) -> str:
    return str(element_value(dataset, keyword) or "")


def _is_birth(element: DataElement) -> bool:
    return element.keyword.startswith("PatientBirth")


def _bounded_age(age: str) -> str:
    years = age[:3]
    return f"{min(int(years), _OLDEST_YEARS):03}Y" if age.endswith("Y") and years.isdigit() else age
