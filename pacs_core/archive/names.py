"""Person names as they are compared: without case and accents, each group for itself (PS3.5 6.2.1, PS3.4 C.2.2.2.1).

The database keeps each group of a name in this form, in a column that it makes itself and whose order is that of its
bytes: an index then serves single names and names that begin alike. Patterns alone would read every row of a hospital,
as row-level security lets no index decide a regular expression.
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Func, GeneratedField, Q, TextField, Value

# The groups of a name in their order (PS3.5 6.2.1.1).
GROUPS = ("alphabetic", "ideographic", "phonetic")
# Enough for any name; NFKD can make a character eighteen, and an index takes no value of more than 2,704 bytes.
LONGEST = 324
# Behind every text that begins with what stands before it.
_LAST = "\U0010ffff"
_COMBINING = re.compile("[\u0300-\u036f]")


class FoldedGroup(Func):
    """One group of a name column, folded, without the empty components at its end; arguments are column and number.

    The columns are made by migrations: a change here needs one that makes them again.
    """

    # The last sigma of a word has a form of its own, and only Python's lower() knows the end of a word.
    template = (
        r"left(regexp_replace(normalize(regexp_replace("
        r"normalize(translate(lower(split_part(%(expressions)s)), 'ς', 'σ'), NFKD), "
        r"'[\u0300-\u036f]', '', 'g'), NFC), '\^+$', ''), " + f"{LONGEST})"
    )
    arg_joiner = ", '=', "
    output_field = TextField()  # type: ignore[assignment]  # as Django documents it


def folded_group(name_field: str, group: str) -> GeneratedField:
    """Return the column that keeps this group of the model's `name_field`."""
    return GeneratedField(
        expression=FoldedGroup(name_field, Value(GROUPS.index(group) + 1)),
        output_field=TextField(db_collation="C"),
        db_persist=True,
    )


def folded(text: str) -> str:
    """Return what FoldedGroup makes of one group."""
    return _plain(text).rstrip("^")[:LONGEST]


def _plain(text: str) -> str:
    lower = text.lower().replace("ς", "σ")
    return unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFKD", lower)))


def name_matches(path: str, value: str) -> Q:
    """Match a person name in any of its groups; with `=` in the value each group by its own, an empty one by all.

    `*` and `?` are wild cards. `path` is that of the name's field.
    """
    if "=" not in value:
        return Q.create([_group_matches(f"{path}_{group}", value) for group in GROUPS], connector=Q.OR)
    parts = zip(GROUPS, value.split("="), strict=False)
    return Q.create([_group_matches(f"{path}_{group}", part) for group, part in parts if part])


def name_contains(path: str, word: str) -> Q:
    """Match names with this text anywhere in one of their groups, as a person searches."""
    return Q.create([Q(**{f"{path}_{group}__contains": folded(word)}) for group in GROUPS], connector=Q.OR)


def _group_matches(column: str, value: str) -> Q:
    if not value.strip("*"):
        return Q()
    value = value.rstrip("^")
    start = re.split(r"[*?]", value, maxsplit=1)[0]
    if start == value:
        return Q(**{column: folded(value)})
    found = Q(**{f"{column}__gt": ""})
    if beginning := folded(start):
        found &= Q(**{f"{column}__gte": beginning, f"{column}__lt": beginning + _LAST})
    is_all = value == f"{start}*" and beginning == _plain(start)
    return found if is_all else found & Q(**{f"{column}__regex": _pattern(_plain(value))})


def _pattern(value: str) -> str:
    # Components left out at the end are the same as empty ones: SMITH^* finds SMITH.
    shown, end = (value.removesuffix("^*"), r"(\^.*)?$") if value.endswith("^*") else (value, "$")
    wild = {"*": ".*", "?": "."}
    return "^" + "".join(wild.get(character, re.escape(character)) for character in shown) + end
