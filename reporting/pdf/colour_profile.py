"""The sRGB output intent's ICC profile, made by Little CMS with a fixed date so that it never changes."""

from functools import cache

from PIL import ImageCms

HEADER_DATE = slice(24, 36)
HEADER_PROFILE_ID = slice(84, 100)


@cache
def srgb_profile() -> bytes:
    """Return an ICC version 2 or 4 display profile of sRGB (PDF/A-3 takes both)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Little CMS writes the time of making (ICC.1, 7.2.8): 2000-01-01 00:00:00 stands there instead.
    profile[HEADER_DATE] = bytes.fromhex("07d000010001000000000000")
    profile[HEADER_PROFILE_ID] = bytes(16)
    return bytes(profile)
