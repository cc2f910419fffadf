"""What the records of a DICOMDIR hold, by type (PS3.3 F.5), and which type a SOP class has (PS3.3 F.4)."""

from typing import Any

# Keyword, and the value where an instance has none: type 1 keys need one, type 2 keys may be empty.
Field = tuple[str, Any]

_CONTENT: tuple[Field, ...] = (("ContentDate", "19000101"), ("ContentTime", "000000"), ("InstanceNumber", 0))
_LABELLED: tuple[Field, ...] = (("ContentLabel", "UNKNOWN"), ("ContentDescription", ""), ("ContentCreatorName", ""))

FIELDS: dict[str, tuple[Field, ...]] = {
    "PATIENT": (("PatientName", ""), ("PatientID", "UNKNOWN"), ("PatientBirthDate", ""), ("PatientSex", "")),
    "STUDY": (
        ("StudyDate", "19000101"),
        ("StudyTime", "000000"),
        ("AccessionNumber", ""),
        ("ReferringPhysicianName", ""),
        ("StudyDescription", ""),
        ("StudyInstanceUID", ""),
        ("StudyID", "0"),
    ),
    "SERIES": (("Modality", "OT"), ("SeriesDescription", ""), ("SeriesInstanceUID", ""), ("SeriesNumber", 0)),
}

LEAF_FIELDS: dict[str, tuple[Field, ...]] = {
    "IMAGE": (("InstanceNumber", 0),),
    "RT DOSE": (("InstanceNumber", 0), ("DoseSummationType", "UNKNOWN")),
    "RT STRUCTURE SET": (
        ("InstanceNumber", 0),
        ("StructureSetLabel", "UNKNOWN"),
        ("StructureSetDate", ""),
        ("StructureSetTime", ""),
    ),
    "RT PLAN": (("InstanceNumber", 0), ("RTPlanLabel", "UNKNOWN"), ("RTPlanDate", ""), ("RTPlanTime", "")),
    "RT TREAT RECORD": (("InstanceNumber", 0), ("TreatmentDate", ""), ("TreatmentTime", "")),
    "PRESENTATION": (
        ("PresentationCreationDate", "19000101"),
        ("PresentationCreationTime", "000000"),
        ("InstanceNumber", 0),
        *_LABELLED,
    ),
    "WAVEFORM": _CONTENT,
    "SR DOCUMENT": (
        *_CONTENT,
        ("CompletionFlag", "PARTIAL"),
        ("VerificationFlag", "UNVERIFIED"),
        ("ConceptNameCodeSequence", []),
    ),
    "KEY OBJECT DOC": (*_CONTENT, ("ConceptNameCodeSequence", [])),
    "SPECTROSCOPY": (
        *_CONTENT,
        ("ImageType", ["ORIGINAL", "PRIMARY"]),
        *((keyword, 1) for keyword in ("NumberOfFrames", "Rows", "Columns", "DataPointRows", "DataPointColumns")),
    ),
    "RAW DATA": _CONTENT,
    "REGISTRATION": (*_CONTENT, *_LABELLED),
    "FIDUCIAL": (*_CONTENT, *_LABELLED),
    "VALUE MAP": (*_CONTENT, *_LABELLED),
    "SURFACE": (*_CONTENT, *_LABELLED),
    "STEREOMETRIC": (),
    "ENCAP DOC": (
        ("ContentDate", ""),
        ("ContentTime", ""),
        ("InstanceNumber", 0),
        ("ConceptNameCodeSequence", []),
        ("DocumentTitle", ""),
        ("MIMETypeOfEncapsulatedDocument", "application/octet-stream"),
    ),
}

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# What follows 1.2.840.10008.5.1.4.1.1. -> record type; a class that is not here is an image.
_LEAF_TYPES = {
    "481.2": "RT DOSE",
    "481.3": "RT STRUCTURE SET",
    "481.4": "RT TREAT RECORD",
    "481.5": "RT PLAN",
    "481.6": "RT TREAT RECORD",
    "481.7": "RT TREAT RECORD",
    "481.8": "RT PLAN",
    "481.9": "RT TREAT RECORD",
    "4.2": "SPECTROSCOPY",
    "66": "RAW DATA",
    "66.1": "REGISTRATION",
    "66.2": "FIDUCIAL",
    "66.3": "REGISTRATION",
    "66.5": "SURFACE",
    "67": "VALUE MAP",
    "77.1.5.3": "STEREOMETRIC",
    "88.59": "KEY OBJECT DOC",
    **{f"11.{number}": "PRESENTATION" for number in range(1, 9)},
    **{f"104.{number}": "ENCAP DOC" for number in range(1, 5)},
}


def leaf_type_of(sop_class_uid: str) -> str:
    """Return the type of an instance's directory record."""
    kind = sop_class_uid.removeprefix(_STORAGE) if sop_class_uid.startswith(_STORAGE) else ""
    if kind.startswith("88."):
        return _LEAF_TYPES.get(kind, "SR DOCUMENT")
    if kind.startswith("9."):
        return "WAVEFORM"
    return _LEAF_TYPES.get(kind, "IMAGE")
