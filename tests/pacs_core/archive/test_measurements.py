"""What structured reports of a study say was measured: each number with its image, the newest report first."""

import pytest

from pacs_core.archive.selectors.measurements import stored_measurements
from pacs_core.standards.dicom.measurement_report import measurements_of
from tests.pacs_core.archive.measurement_reports import file_report, group, number
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.django_db


def test_numbers_are_told_with_their_image_and_observer_the_newest_report_first() -> None:
    study = file_study(make_hospital(), images=3)
    image = f"{study.study_instance_uid}.1.2"
    file_report(study, group(number("Length", 12.44, "mm", image)))
    length = number("Long Axis", 4.976, "mm", image, frame=3)
    file_report(study, group(length, number("Area", 151.2, "mm2", "2.25.9"), finding="Lesion"), number=2)
    with in_hospital(study.hospital):
        found = stored_measurements(study)
    assert [one.measurement.words for one in found] == [
        "Lesion: Long Axis 4.98 mm",
        "Lesion: Area 151 mm²",
        "Length 12.4 mm",
    ]
    assert [(one.series_number, one.instance_number) for one in found] == [(1, 2), (None, None), (1, 2)]
    assert {one.observer for one in found} == {"Ada Roth"}
    assert [one.measurement.frame_number for one in found] == [3, 0, 0]
    assert found[2].key == f"{image}:12.4"


def test_another_study_s_reports_are_not_told() -> None:
    hospital = make_hospital()
    study, other = file_study(hospital), file_study(hospital)
    file_report(other, group(number("Length", 1, "mm", f"{other.study_instance_uid}.1.1")))
    with in_hospital(hospital):
        assert stored_measurements(study) == []


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"0040A730": {"vr": "SQ"}},
        {"0040A730": {"vr": "SQ", "Value": [None, {"0040A043": {"vr": "SQ", "Value": [None]}}]}},
        {
            "0040A043": {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["125007"]}}]},
            "0040A730": {
                "vr": "SQ",
                "Value": [
                    {"0040A040": {"vr": "CS", "Value": ["NUM"]}},
                    {
                        "0040A040": {"vr": "CS", "Value": ["NUM"]},
                        "0040A300": {"vr": "SQ", "Value": [{"0040A30A": {"vr": "DS", "Value": [None]}}]},
                    },
                ],
            },
        },
    ],
)
def test_a_damaged_report_tells_nothing_and_raises_nothing(metadata: dict) -> None:
    assert measurements_of(metadata) == []
