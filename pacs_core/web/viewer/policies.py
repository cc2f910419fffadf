"""Content security policies of the viewer's files."""

# OHIF styles elements at run time; everything else comes from us.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)

# The image worker's codecs are compiled by Emscripten and call eval: without it JPEG 2000 and JPEG-LS stay black.
# A worker's policy is that of its own file, so the page stays strict.
IMAGE_WORKER_POLICY = "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self' data:"
