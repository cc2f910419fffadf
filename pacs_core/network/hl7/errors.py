"""What can go wrong with HL7 senders and the listener."""


class Hl7NetworkError(Exception):
    """Base of this package's errors."""


class Hl7SourceTaken(Hl7NetworkError):
    """MSH-3 and MSH-4 already name a sender of another hospital."""


class UnknownHospitalCode(Hl7NetworkError):
    """No hospital has this code."""
