class StandardsError(Exception):
    """Root of what the codecs raise; permanent: the same bytes fail the same way again."""
