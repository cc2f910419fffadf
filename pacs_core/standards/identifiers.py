"""A patient's number with who gave it."""

from typing import NamedTuple


class OtherIdentifier(NamedTuple):
    """One of a patient's numbers: `issuer` as CX-4 or (0010,0021), `type_code` of HL7 table 0203; "" when absent."""

    value: str
    issuer: str = ""
    type_code: str = ""
