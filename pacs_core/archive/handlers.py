"""What the archive does about its own events."""

from pacs_core.archive.services.series_metadata import gather_series_metadata
from pacs_core.events.models import Event


def gather_metadata_of_study(event: Event) -> None:
    """Gather the metadata of a complete study's series; a study that is growing has a text for each batch."""
    gather_series_metadata(study_id=event.payload["study_id"])
