"""What the forms of rules offer: the network's own words for every fact and effect.

Hospitals, their codes and their words are those in view; readers, groups, nodes and the catalogue are the network's.
"""

import re
from collections import Counter
from collections.abc import Iterable

from django.db.models import Sum
from django.utils.translation import gettext as _

from hospitals.models import Hospital, ReaderGroup, User
from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.access.scopes import current_scope
from pacs_core.network.models import Node
from routing_rules.engine.effects import GROUP_PREFIX
from routing_rules.engine.facts import WEEKDAYS
from routing_rules.models import Procedure, ProcedureMapping
from routing_rules.selectors.rule_facts import Sample
from routing_rules.selectors.rule_words import VALUE_WORDS
from worklist.models import AiFinding

Choice = dict[str, str]
_WORD = re.compile(r"[^\W\d_]{3,}")
_MOST_WORDS, _MOST_CODES, _MOST_SEEN = 400, 2000, 300


def modality_names() -> dict[str, str]:
    """Return the modalities that people read, by code (PS3.3 C.7.3.1.1.1)."""
    return {
        "CT": _("Computed tomography"),
        "MR": _("Magnetic resonance"),
        "CR": _("Computed radiography"),
        "DX": _("Digital radiography"),
        "US": _("Ultrasound"),
        "MG": _("Mammography"),
        "NM": _("Nuclear medicine"),
        "PT": _("Positron emission tomography"),
        "XA": _("Angiography"),
        "RF": _("Fluoroscopy"),
    }


def patient_classes() -> dict[str, str]:
    """Return the usual classes of HL7 table 0004 (PV1-2)."""
    return {
        "E": _("emergency"),
        "I": _("inpatient"),
        "O": _("outpatient"),
        "P": _("pre-admission"),
        "R": _("recurring"),
        "B": _("obstetrics"),
    }


def choices_of_facts(sample: Sample) -> dict[str, list[Choice]]:
    """Return the choices of each fact that is chosen rather than counted."""
    in_view = current_scope().hospital_ids
    hospitals = list(Hospital.objects.filter(pk__in=in_view).order_by("code"))
    catalogue = list(Procedure.objects.filter(is_active=True).order_by("code"))
    mappings = list(
        ProcedureMapping.objects.values_list("local_code", "local_description")
        .annotate(studies=Sum("number_of_studies"))
        .order_by("-studies", "local_code")[:_MOST_CODES]
    )
    modalities = [entry.modality for entry in catalogue] + _seen(sample, "modality")
    body_parts = dict.fromkeys([entry.body_part for entry in catalogue if entry.body_part] + _seen(sample, "body_part"))
    return {
        "hospital": [_choice(one.code, note=one.name) for one in hospitals],
        "contract": [_choice(name) for name in dict.fromkeys(one.contract for one in hospitals if one.contract)],
        "modality": _named(modality_names(), modalities),
        "body_part": [_choice(part) for part in sorted(body_parts)],
        "procedure_code": _codes(mappings),
        "procedure": [_choice(entry.code, note=entry.name) for entry in catalogue],
        "subspecialty": _subspecialties(),
        "description": [_choice(text) for text in dict.fromkeys(text for _code, text, _n in mappings if text)],
        "patient_class": _named(patient_classes(), _seen(sample, "patient_class")),
        "priority": _words("priority"),
        "sex": _words("sex"),
        "weekday": [_choice(day, str(VALUE_WORDS["weekday"][day])) for day in WEEKDAYS],
        "prior_reader": readers(),
        "ai_finding": _ai_findings(sample),
    }


def words_of_descriptions(sample: Sample) -> list[Choice]:
    """Return the words that hospitals use in descriptions, the most frequent first."""
    counted: Counter[str] = Counter()
    for one in sample.examinations:
        counted.update(set(_WORD.findall(str(one.facts.get("description", "")).lower())))
    for text in ProcedureMapping.objects.values_list("local_description", flat=True)[:_MOST_CODES]:
        counted.update(set(_WORD.findall(text.lower())))
    return [_choice(word) for word, _times in counted.most_common(_MOST_WORDS)]


def readers() -> list[Choice]:
    """Return every active radiologist, named by mail address."""
    people = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).order_by("name")
    return [_choice(email, name, note=email) for email, name in people.values_list("email", "name")]


def reader_groups() -> list[Choice]:
    return [_choice(name) for name in ReaderGroup.objects.order_by("name").values_list("name", flat=True)]


def nodes() -> list[Choice]:
    """Return the nodes of the hospitals in view."""
    found = Node.objects.filter(hospital__in=current_scope().hospital_ids).order_by("ae_title")
    return [_choice(title, note=code) for title, code in found.values_list("ae_title", "hospital__code")]


def addressees() -> list[Choice]:
    """Return whom a rule may notify: roles, groups, people who work for the network."""
    roles = [
        _choice("coordinators", _("All coordinators"), group=_("Role")),
        _choice("reader", _("The reader"), group=_("Role")),
    ]
    groups = [
        {"value": f"{GROUP_PREFIX}{one['value']}", "label": one["label"], "group": _("Reader group")}
        for one in reader_groups()
    ]
    people = User.objects.filter(role__in=(User.Role.COORDINATOR, User.Role.RADIOLOGIST), is_active=True)
    named = people.order_by("role", "name").values_list("email", "name")
    return [*roles, *groups, *(_choice(email, name, note=email) for email, name in named)]


def _choice(value: str, label: str = "", *, note: str = "", group: str = "") -> Choice:
    shown = {"value": value, "label": label or value}
    return shown | ({"note": note} if note else {}) | ({"group": group} if group else {})


def _named(names: dict[str, str], seen: Iterable[str]) -> list[Choice]:
    """Return the usual codes by name, then what else has been seen."""
    usual = [_choice(code, note=name) for code, name in names.items()]
    return [*usual, *(_choice(code) for code in dict.fromkeys(seen) if code and code not in names)]


def _words(fact: str) -> list[Choice]:
    return [_choice(value, str(words)) for value, words in VALUE_WORDS[fact].items()]


def _subspecialties() -> list[Choice]:
    return [_choice(name) for name in SUBSPECIALTIES]


def _seen(sample: Sample, fact: str) -> list[str]:
    """Return the values that examinations of the sample have, the most frequent first."""
    counted = Counter(str(one.facts[fact]) for one in sample.examinations if one.facts.get(fact))
    return [value for value, _times in counted.most_common(_MOST_SEEN)]


def _codes(mappings: Iterable[tuple[str, str, int]]) -> list[Choice]:
    named: dict[str, str] = {}
    for code, text, _studies in mappings:
        if code:
            named.setdefault(code, text)
    return [_choice(code, note=text) for code, text in named.items()]


def _ai_findings(sample: Sample) -> list[Choice]:
    """Return the codes that AI services have reported, with their labels."""
    labels = dict(AiFinding.objects.order_by("code", "found_at").values_list("code", "label").distinct()[:_MOST_SEEN])
    seen = {finding for one in sample.examinations for finding in one.facts.get("ai_finding") or ()}
    return [_choice(code, note=labels.get(code, "")) for code in sorted({*labels, *seen})]
