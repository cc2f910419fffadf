"""Expected reading minutes by modality: the scale on which readers' loads are compared."""

# Medians of reported interpretation times, rounded; the learnt values of the network replace them per examination.
MINUTES_BY_MODALITY = {
    "CR": 3.0,
    "DX": 3.0,
    "MG": 5.0,
    "US": 5.0,
    "CT": 10.0,
    "MR": 14.0,
    "NM": 12.0,
    "PT": 20.0,
    "XA": 12.0,
    "RF": 6.0,
}
MINUTES_OTHERWISE = 8.0


def expected_minutes(modality: str) -> float:
    """Return the expected minutes to read one examination of this modality (DICOM code)."""
    return MINUTES_BY_MODALITY.get(modality, MINUTES_OTHERWISE)
