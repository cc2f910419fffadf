"""What can go wrong while the viewer is prepared."""


class ViewerBuildError(Exception):
    """The viewer could not be prepared; the message says what was found and what was expected."""


class NodeToolsMissing(ViewerBuildError):
    """Neither the machine nor the wheel offers npm."""


class PackageIntegrityMismatch(ViewerBuildError):
    """The downloaded package is not the one that was reviewed."""


class RewriteCountMismatch(ViewerBuildError):
    """A rewrite matched another number of places than in the reviewed release."""


class ImageWorkerNotFound(ViewerBuildError):
    """No single chunk could be named as the image loader's worker."""
