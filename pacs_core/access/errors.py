"""What can go wrong with access; edges turn these into 403, 404 or a process error."""


class AccessError(Exception):
    """Base of the access floor's errors."""


class ScopeNotOpen(AccessError):
    """A query touched a tenant table while no scope was open: a programming error, never a user's."""


class PermissionRefused(AccessError):
    """The principal sees the object but may not do this to it (HTTP 403)."""


class NotVisible(AccessError):
    """The object does not exist for this principal (HTTP 404), be it absent or another hospital's."""


class TokenRefused(AccessError):
    """The access token is unknown, expired, or of a person who is not active (HTTP 401)."""
