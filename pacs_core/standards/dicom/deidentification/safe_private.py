"""Private elements that are known to hold no identity (PS3.15 table E.3.10-1), each by its creator."""

# Creator -> (group, element without its block). Physical quantities and settings of the device.
_SAFE: dict[str, frozenset[tuple[int, int]]] = {
    "Philips PET Private Group": frozenset({(0x7053, 0x00), (0x7053, 0x09)}),
    "ELSCINT1": frozenset(
        {
            *((0x00E1, 0x21), (0x01E1, 0x26), (0x01E1, 0x50)),
            *((0x01F1, 0x01), (0x01F1, 0x07), (0x01F1, 0x26), (0x01F1, 0x27)),
        }
    ),
    "GEMS_ACQU_01": frozenset({(0x0019, 0x23), (0x0019, 0x24), (0x0019, 0x27), (0x0019, 0x9E)}),
    "GEMS_PARM_01": frozenset({(0x0043, 0x27), (0x0043, 0x39)}),
    "GEMS_HELIOS_01": frozenset({(0x0045, 0x01), (0x0045, 0x02)}),
    "Philips Imaging DD 001": frozenset({(0x2001, 0x03), (0x2001, 0x04)}),
    "SIEMENS MR HEADER": frozenset({(0x0019, 0x0C), (0x0019, 0x0D), (0x0019, 0x0E), (0x0019, 0x27)}),
}
# A number, a code or the name of a sequence; anything else under such a tag is not what the table means.
_SAFE_VRS = frozenset({"CS", "DS", "FD", "FL", "IS", "LO", "SH", "SS", "SL", "US", "UL"})


def is_safe_private(*, tag: int, creator: str, vr: str) -> bool:
    return (tag >> 16, tag & 0xFF) in _SAFE.get(creator.strip(), frozenset()) and vr in _SAFE_VRS
