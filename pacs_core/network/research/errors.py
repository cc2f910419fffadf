"""What can go wrong with projects and their copies; each message is shown to the administrator and names no patient."""

from pacs_core.network.errors import NetworkError


class ExportValueRefused(NetworkError):
    """A value of a project or an export cannot be taken; `errors` holds the reasons by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(f"{name}: {' '.join(reasons)}" for name, reasons in errors.items()))


class KeyNotReadable(NetworkError):
    """The project's key was sealed with a secret that is no longer there."""
