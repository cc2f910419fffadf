"""Who may use workitems: services act by the token of an administrator of their hospital."""

SEARCHING_ROLES = frozenset({"radiologist", "hospital_administrator", "system_administrator"})
CHANGING_ROLES = frozenset({"hospital_administrator", "system_administrator"})
