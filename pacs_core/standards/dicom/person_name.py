"""Person names (PS3.5 6.2.1): `FAMILY^GIVEN^MIDDLE^PREFIX^SUFFIX` in up to three groups divided by `=`.

The groups are the alphabetic, the ideographic and the phonetic form.
"""


def _components(group: str) -> list[str]:
    parts = [" ".join(part.split()) for part in group.split("^")]
    return (parts + [""] * 5)[:5]


def display_person_name(person_name: str) -> str:
    """Return `Family, Given Middle` for lists of patients, with the ideographic form in brackets when there is one."""
    groups = person_name.split("=")
    shown = [_family_first(group) for group in groups[:2]]
    if len(shown) == 2 and shown[1] and shown[0]:
        return f"{shown[0]} ({shown[1]})"
    return next((name for name in shown if name), "") or (_family_first(groups[2]) if len(groups) > 2 else "")


def display_physician_name(person_name: str) -> str:
    """Return `Prefix Given Middle Family, Suffix` as on a letter head."""
    family, given, middle, prefix, suffix = _components(person_name.split("=")[0])
    name = " ".join(part for part in (prefix, given, middle, family) if part)
    return f"{name}, {suffix}" if suffix and name else name or suffix


def _family_first(group: str) -> str:
    family, given, middle, prefix, suffix = _components(group)
    first_names = " ".join(part for part in (given, middle) if part)
    return ", ".join(part for part in (family, first_names, suffix) if part) or prefix
