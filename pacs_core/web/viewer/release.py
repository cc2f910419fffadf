"""The one reviewed release of OHIF, and what is expected inside it.

A new release means new numbers here: the build fails, instead of serving a half rewritten viewer, until somebody
looked.
"""

from __future__ import annotations

PACKAGE = "@ohif/app"
VERSION = "3.13.2"
INTEGRITY = "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="

PUBLIC_PATH = "/viewer/"

# Never asked for by our configuration: 156 of the 204 MB.
DROPPED_FOLDERS = ("ort/", "dicom-microscopy-viewer/", "customizations/")
DROPPED_FILES = frozenset(
    {
        "_headers",
        "_redirects",
        "app-config.js",
        "es6-shim.min.js",
        "google.js",
        "init-service-worker.js",
        "oidc-client.min.js",
        "polyfill.min.js",
        "serve.json",
        "silent-refresh.html",
        "sw.js",
    }
)
DROPPED_SUFFIXES = (".map",)

# Rewrites by name, counted over the whole package.
EXPECTED_REWRITES = {
    "javascript public path": 8,
    "stylesheet url": 5,
    "page public url": 2,
    "page root-relative address": 32,
    "page service worker": 1,
    "page inline script": 2,
    "manifest icon": 9,
    "browser configuration": 4,
}


def is_dropped(path: str) -> bool:
    """Tell whether a path relative to `dist/` is left out."""
    return path in DROPPED_FILES or path.endswith(DROPPED_SUFFIXES) or path.startswith(DROPPED_FOLDERS)
