"""What can stop a report from being written, signed or delivered."""

from typing import Any

from pacs_core.access.errors import PermissionRefused


class ReportError(Exception):
    """Base of this app's errors; `code` is what interfaces hand to a program."""

    code = "report_error"


class InvalidSections(ReportError):
    """A draft must hold text for exactly the five sections, within the size limit."""

    code = "invalid_sections"


class ReportNotEditable(ReportError):
    """The report is being signed or is signed; an addendum starts a new draft."""

    code = "not_editable"


class KeyImageRefused(ReportError):
    """What was named is no image of the study, one too many, or stored already."""

    code = "key_image_refused"


class NotClaimHolder(ReportError, PermissionRefused):
    """Only the radiologist who holds the claim may write the report (HTTP 403)."""

    code = "not_claim_holder"


class SigningRefused(ReportError):
    """Base of what stops a signature and the radiologist can put right."""

    code = "signing_refused"


class WrongPassword(SigningRefused):
    code = "wrong_password"


class TooManyPasswordFailures(SigningRefused):
    code = "too_many_attempts"


class DraftMovedOn(SigningRefused):
    """What would be signed is not the text the radiologist saw."""

    code = "draft_moved_on"


class ChecksRefuse(SigningRefused):
    """Blocking checks fail, or warnings were not confirmed; `checks` lists them."""

    code = "checks_refuse"

    def __init__(self, message: str, *, checks: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.checks = checks


class CannotSign(SigningRefused):
    """The radiologist has no certificate that is valid now."""

    code = "no_certificate"


class ResidentCannotSign(SigningRefused, PermissionRefused):
    """A resident finishes a reading; an attending radiologist signs (HTTP 403)."""

    code = "resident_cannot_sign"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is a resident, and residents do not sign.\nMaybe send the report to an attending.")


class ReadingNotFinished(SigningRefused):
    """Of two independent readings the signer's own, or the first, is not finished yet."""

    code = "reading_not_finished"


class NothingToFinish(ReportError):
    """The examination is read once, or this reader's part ends with a signature."""

    code = "nothing_to_finish"


class VersionNotSigned(ReportError):
    """The version has no signed bytes (yet)."""

    code = "not_signed"


class StoredBytesChanged(ReportError):
    """The stored PDF is missing or differs from the SHA-256 recorded at signing; it is not handed out."""

    code = "stored_bytes_changed"
