"""Values as cells of the CSV files that people open in a spreadsheet."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Keep a spreadsheet from running a name that looks like a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _BEGINS_A_FORMULA else value
