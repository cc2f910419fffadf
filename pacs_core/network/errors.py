"""Errors of the network floor that a person at the command line or the API sees."""


class NetworkError(Exception):
    """Base of the network floor's errors."""


class HospitalUnknown(NetworkError):
    def __init__(self, code: str, known: list[str]) -> None:
        hint = f"Maybe one of {', '.join(known)}." if known else "Maybe run add_hospital first."
        super().__init__(f"There is no hospital {code!r}. {hint}")


class NodeOfOtherHospital(NetworkError):
    """Who calls by an AE title acts for one hospital, so no two hospitals share one."""

    def __init__(self, ae_title: str) -> None:
        super().__init__(f"The AE title {ae_title!r} belongs to another hospital's node. Maybe choose another title.")


class NodeValueRefused(NetworkError):
    """A value of a node cannot be taken; `errors` holds the reasons by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(f"{name}: {' '.join(reasons)}" for name, reasons in errors.items()))


class PortTaken(NetworkError):
    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"Port {port} cannot be used ({reason}). Maybe another installation runs; set DIMSE_PORT.")


class TlsNotConfigured(NetworkError):
    """A file that TLS needs is not named or cannot be used; the message names its variable."""


class EchoNotPossible(NetworkError):
    """The node has no address to call."""
