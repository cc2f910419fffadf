"""What holds for every template: it compiles, and the content security policy allows all that is in it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

APPS = ("pacs_core/web", "worklist", "reporting", "routing_rules", "hospitals")
TEMPLATES = sorted(path for app in APPS for path in (Path(settings.PROJECT_ROOT) / app / "templates").rglob("*.html"))
FORBIDDEN = (
    re.compile(r"\sstyle\s*=", re.I),
    re.compile(r"\son[a-z]+\s*=", re.I),
    re.compile(r"\shx-on", re.I),
    re.compile(r"<style", re.I),
    re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))", re.I),
)


def test_templates_are_found() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_compiles(path: Path) -> None:
    get_template(str(path).split("/templates/")[1])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_has_nothing_that_the_policy_refuses(path: Path) -> None:
    text = path.read_text()
    assert [pattern.pattern for pattern in FORBIDDEN if pattern.search(text)] == []


def test_every_icon_that_is_named_exists() -> None:
    sprite = (Path(settings.PROJECT_ROOT) / "pacs_core/web/templates/components/icons.html").read_text()
    known = set(re.findall(r'id="icon-([\w-]+)"', sprite))
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'(?:\{% icon "|icon_name="|data-icon=")([\w-]+)"', path.read_text())
    }
    assert named - known == set()
