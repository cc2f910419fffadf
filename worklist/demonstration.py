"""The demonstration's service levels."""

from hospitals.demonstration.places import HOSPITALS
from hospitals.models import Hospital
from worklist.models import Priority, ServiceLevel

# Minutes by priority; mammography screening may wait three days.
MINUTES = {Priority.STAT: 30, Priority.URGENT: 120, Priority.ROUTINE: 1440}
MAMMOGRAPHY_ROUTINE_MINUTES = 3 * 1440


def load() -> None:
    """Add missing service levels; those that someone changed stay as they are."""
    levels = []
    for hospital in Hospital.objects.filter(code__in=[place.code for place in HOSPITALS]):
        levels += [ServiceLevel(hospital=hospital, priority=key, minutes=value) for key, value in MINUTES.items()]
        levels.append(
            ServiceLevel(
                hospital=hospital, priority=Priority.ROUTINE, modality="MG", minutes=MAMMOGRAPHY_ROUTINE_MINUTES
            )
        )
    ServiceLevel.objects.bulk_create(levels, ignore_conflicts=True)
