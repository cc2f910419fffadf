"""The demonstration's places: four hospitals in two cities and two time zones, with their nodes and HL7 senders."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemonstrationHospital:
    code: str
    name: str
    city: str
    time_zone: str
    telephone: str
    nodes: tuple[str, ...]
    priors_nodes: tuple[str, ...] = ()


HOSPITALS = (
    DemonstrationHospital(
        "NORTH",
        "Northgate General Hospital",
        "Hamburg",
        "Europe/Berlin",
        "+49 40 555 0100",
        ("NORTH_CT", "NORTH_MR", "NORTH_CR", "NORTH_US"),
        ("NORTH_PACS",),
    ),
    DemonstrationHospital(
        "HARBOUR",
        "Harbour Children's Hospital",
        "Hamburg",
        "Europe/Berlin",
        "+49 40 555 0200",
        ("HARBOUR_CR", "HARBOUR_US", "HARBOUR_MR"),
    ),
    DemonstrationHospital(
        "RIVER",
        "Riverside University Hospital",
        "Lisbon",
        "Europe/Lisbon",
        "+351 21 555 0300",
        ("RIVER_CT", "RIVER_MR", "RIVER_PT", "RIVER_MG", "RIVER_CR"),
        ("RIVER_PACS",),
    ),
    DemonstrationHospital(
        "HILL",
        "Hillcrest Clinic",
        "Lisbon",
        "Europe/Lisbon",
        "+351 21 555 0400",
        ("HILL_CR", "HILL_MR", "HILL_MG"),
    ),
)

HL7_APPLICATION = "RIS"
