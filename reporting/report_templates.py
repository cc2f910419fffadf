"""Report templates by modality and phrases by name, kept as data in JSON files; [words] are fields to fill in."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("report_templates.json")


@dataclass(frozen=True, kw_only=True)
class ReportTemplate:
    name: str
    technique: str
    findings: str
    impression: str


@cache
def _templates() -> dict[str, ReportTemplate]:
    return {modality: ReportTemplate(**fields) for modality, fields in json.loads(_FILE.read_text()).items()}


def template_for(modalities: list[str]) -> ReportTemplate:
    """Return the template of the first modality that has one (PET/CT is read as PET), else the general one."""
    templates = _templates()
    ordered = sorted(modalities, key=lambda modality: modality not in ("PT", "NM"))
    return next((templates[modality] for modality in ordered if modality in templates), templates[""])


@cache
def report_macros() -> list[dict[str, str]]:
    """Return the phrases an editor offers after a dot: name, label, section, text."""
    return json.loads(_FILE.with_name("report_macros.json").read_text())
