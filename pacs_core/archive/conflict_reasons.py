"""How an instance can contradict what is filed, in words for administrators; none names a patient."""

CONFLICT_REASONS: dict[str, str] = {
    "content_differs": "SOPInstanceUID is held with other content.",
    "instance_of_other_study": "SOPInstanceUID is held in another study.",
    "series_of_other_study": "SeriesInstanceUID is taken by another study's series.",
    "patient_mismatch": "PatientID differs from that of the study's other instances.",
    "study_of_other_hospital": "StudyInstanceUID is taken by another hospital's study.",
    "series_of_other_hospital": "SeriesInstanceUID is taken by another hospital's series.",
    "instance_of_other_hospital": "SOPInstanceUID is held by another hospital.",
}
# Two hospitals are concerned: only who sees both may decide more than to reject.
OF_OTHER_HOSPITAL = frozenset(code for code in CONFLICT_REASONS if code.endswith("_of_other_hospital"))
