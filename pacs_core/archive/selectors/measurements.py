"""What structured reports of a study say was measured."""

from dataclasses import dataclass
from datetime import datetime

from pacs_core.archive.models import Instance, Study
from pacs_core.standards.dicom.measurement_report import REPORT_CLASSES, Measurement, measurements_of, observer_of
from pacs_core.standards.dicom.person_name import display_physician_name

# More than a person measures; an algorithm's report may name hundreds.
MOST_REPORTS, MOST_MEASUREMENTS = 20, 100


@dataclass(frozen=True)
class StoredMeasurement:
    """A measurement, who made it when, and the image by its numbers where it is one of the study's."""

    measurement: Measurement
    observer: str
    stored_at: datetime
    series_number: int | None
    instance_number: int | None

    @property
    def key(self) -> str:
        """What tells a measurement from another one of the same study, also before it is stored."""
        return f"{self.measurement.sop_instance_uid}:{self.measurement.number}"


def stored_measurements(study: Study) -> list[StoredMeasurement]:
    """Return the measurements of the study's newest reports (TID 1500), the newest report first."""
    reports = Instance.objects.filter(series__study=study, sop_class_uid__in=REPORT_CLASSES).order_by("-received_at")
    found = [
        (measurement, display_physician_name(observer_of(metadata)), received_at)
        for metadata, received_at in reports.values_list("metadata", "received_at")[:MOST_REPORTS]
        for measurement in measurements_of(metadata)
    ][:MOST_MEASUREMENTS]
    numbers = _numbers_of_images(study, {measurement.sop_instance_uid for measurement, _, _ in found})
    return [
        StoredMeasurement(measurement, observer, stored_at, *numbers.get(measurement.sop_instance_uid, (None, None)))
        for measurement, observer, stored_at in found
    ]


def _numbers_of_images(study: Study, uids: set[str]) -> dict[str, tuple[int | None, int | None]]:
    """Return (series number, instance number) by SOPInstanceUID."""
    if not uids:
        return {}
    rows = Instance.objects.filter(series__study=study, sop_instance_uid__in=uids)
    return {
        uid: (series_number, number)
        for uid, series_number, number in rows.values_list(
            "sop_instance_uid", "series__series_number", "instance_number"
        )
    }
