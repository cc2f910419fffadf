"""What a DICOMweb request can fail with; edge.py turns each into its status and a problem document (RFC 9457)."""


class DicomwebError(Exception):
    """Base of the DICOMweb errors; `status` is the HTTP status of PS3.18 8.5."""

    status = 500
    title = "Failure"


class SignedOut(DicomwebError):
    """Neither a session nor a valid token came with the request."""

    status = 401
    title = "Sign in"


class AccessRefused(DicomwebError):
    """The principal's role may not use this service."""

    status = 403
    title = "Not permitted"


class ResourceNotFound(DicomwebError):
    """Absent, another hospital's, or outside the viewing grant: the answer doesn't say which."""

    status = 404
    title = "Not found"


class InvalidRequest(DicomwebError):
    """A parameter or the body can't be understood."""

    status = 400
    title = "Invalid request"


class NothingAcceptable(DicomwebError):
    """No media type or transfer syntax of the Accept header can be given."""

    status = 406
    title = "Not acceptable"


class Conflict(DicomwebError):
    """What is asked contradicts the resource's state."""

    status = 409
    title = "Conflict"


class RequestTooLarge(DicomwebError):
    """The body is larger than the configured maximum."""

    status = 413
    title = "Too large"


class RangeNotSatisfiable(DicomwebError):
    """The range of bytes lies outside of the content."""

    status = 416
    title = "Range not satisfiable"


class MediaTypeNotSupported(DicomwebError):
    """The body's media type is not one that is stored."""

    status = 415
    title = "Unsupported media type"


class StorageUnavailable(DicomwebError):
    """There is no room to store, or what is stored is not at hand; trying later helps."""

    status = 503
    title = "Storage unavailable"


class StoredFileUnreadable(DicomwebError):
    """The instance is known, its stored file can't be read."""

    status = 500
    title = "Stored file unreadable"


class NotAnImage(DicomwebError):
    """The instance has no pixel data that could be shown."""

    status = 406
    title = "Not an image"
