"""The coordinator maps names by keyboard, alone and in bulk, undoes, retires, and has reading times learnt."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from hospitals.models import User
from routing_rules.demonstration_procedures import MAPPINGS, PROCEDURES
from routing_rules.models import LearntReadingTime, Procedure, ProcedureMapping
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.installation import wait_for
from tests.routing_rules.procedures.arrange import make_mapping, make_named_item, make_reading
from tests.story import make_radiologist, make_user, see_all

SITE = "/coordination/procedures/"
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
WAITING = (
    ("NCT1", "SCHÄDEL CT NATIV", "CT", 41),
    ("NCT2", "CT PULMONARY EMBOLISM", "CT", 33),
    ("NMR7", "MRT KNIE LINKS", "MR", 21),
    ("NMR8", "MRI L-SPINE", "MR", 18),
    ("XR-9", "THORAX 2 VIEWS", "DX", 9),
    ("SP-1", "SPECIAL PROGRAM B", "CT", 2),
)


@pytest.fixture
def olga(network: Network) -> User:
    """A coordinator of both hospitals; the catalogue, names that are mapped and names that wait."""
    Procedure.objects.bulk_create(Procedure(**values) for values in PROCEDURES)
    codes = {entry.code: entry for entry in Procedure.objects.all()}
    for hospital, modality, code, description, catalogued in MAPPINGS:
        if hospital == "NORTH":
            make_mapping(
                network.north,
                codes[catalogued],
                code=code,
                description=description.upper(),
                modality=modality,
                number_of_studies=12,
            )
    for code, description, modality, studies in WAITING:
        make_mapping(network.north, code=code, description=description, modality=modality, number_of_studies=studies)
    return make_user("coordinator", network.north, network.south, email="olga@example.org", name="Olga Hansen")


def row(page: Page, description: str) -> Locator:
    return page.locator("#results tr[data-key]", has_text=description)


def procedure_of(description: str) -> str | None:
    with see_all():
        return ProcedureMapping.objects.get(local_description=description).procedure_id and (
            ProcedureMapping.objects.select_related("procedure").get(local_description=description).procedure.code
        )


def test_names_are_mapped_by_keyboard(olga: User, open_screen: Opener) -> None:
    screen = open_screen(olga.email)
    page = screen.page
    page.goto(SITE)
    expect(page.locator("#results tr[data-key]")).to_have_count(len(WAITING))
    expect(page.locator("#suggestion-pane")).to_contain_text("CT_HEAD")
    judge(page, "procedures-dark")
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="1 name is mapped.")).to_be_visible()
    assert procedure_of("SCHÄDEL CT NATIV") == "CT_HEAD"
    page.keyboard.press("z")
    expect(page.get_by_role("status").filter(has_text="1 name waits again.")).to_be_visible()
    assert procedure_of("SCHÄDEL CT NATIV") is None
    page.keyboard.press("1")
    expect(row(page, "SCHÄDEL")).to_have_count(0)
    _map_two_at_once(page)
    _choose_by_typing(page)


def _map_two_at_once(page: Page) -> None:
    page.keyboard.press("x")
    page.keyboard.press("x")
    expect(page.locator("#accept-button")).to_contain_text("Accept suggestion (2)")
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text="2 names are mapped.")).to_be_visible()
    assert (procedure_of("CT PULMONARY EMBOLISM"), procedure_of("MRT KNIE LINKS")) == ("CT_CHEST_PE", "MR_KNEE")
    expect(page.locator(".sections .count-badge")).to_have_text("3 waiting")


def _choose_by_typing(page: Page) -> None:
    row(page, "SPECIAL PROGRAM B").click()
    page.keyboard.press("m")
    expect(page.locator("#chooser")).to_be_visible()
    page.keyboard.type("urog")
    expect(page.locator("#chooser-list option")).to_have_count(1)
    page.keyboard.press("Control+a")
    page.keyboard.type("ct")
    judge(page, "procedures-chooser-dark")
    page.keyboard.press("Control+a")
    page.keyboard.type("urog")
    page.keyboard.press("Enter")
    expect(row(page, "SPECIAL PROGRAM B")).to_have_count(0)
    assert procedure_of("SPECIAL PROGRAM B") == "CT_UROGRAM"


def test_the_chooser_lists_what_has_the_names_modality(olga: User, open_screen: Opener) -> None:
    page = open_screen(olga.email).page
    page.goto(SITE)
    row(page, "THORAX").click()
    page.keyboard.press("m")
    listed = page.locator("#chooser-list option").evaluate_all("options => options.map(one => one.dataset.modality)")
    assert set(listed) == {"CR"}
    page.keyboard.press("Escape")
    expect(page.locator("#chooser")).to_be_hidden()


def test_all_sure_suggestions_at_once_after_a_question(olga: User, open_screen: Opener) -> None:
    page = open_screen(olga.email, **LOOKS["light"]).page
    page.goto(SITE)
    judge(page, "procedures-light")
    page.get_by_role("button", name="sure ones").click()
    page.locator("#confirmation").get_by_role("button", name="Map them").click()
    expect(page.get_by_role("status").filter(has_text="names are mapped.")).to_be_visible()
    assert procedure_of("MRI L-SPINE") == "MR_LSPINE"
    assert procedure_of("SPECIAL PROGRAM B") is None


@pytest.mark.parametrize("look", LOOKS)
def test_the_catalogue_and_its_forms(olga: User, open_screen: Opener, look: str) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    page.goto(f"{SITE}catalogue/")
    judge(page, f"catalogue-{look}")
    page.keyboard.press("n")
    page.wait_for_url("**/add/")
    page.get_by_label("Code").fill("CT HEAD")
    page.get_by_label("Name").fill("CT of the head")
    page.locator("form.form-panel select[name=modality]").select_option("CT")
    page.get_by_label("Relative value").fill("0.9")
    page.get_by_label("Minutes").fill("7")
    screen.allow("422")
    page.get_by_role("button", name="Add procedure").click()
    expect(page.get_by_role("alert")).to_contain_text("Maybe CT_HEAD")
    judge(page, f"catalogue-refused-{look}")
    page.get_by_label("Code").fill("CT_FACE")
    page.get_by_role("button", name="Add procedure").click()
    expect(page.get_by_text("CT_FACE is in the catalogue.")).to_be_visible()
    page.get_by_role("link", name="CT_FACE").click()
    judge(page, f"catalogue-change-{look}")
    page.get_by_role("button", name="Retire").click()
    page.locator("#confirmation").get_by_role("button", name="Retire").click()
    expect(page.get_by_text("CT_FACE is retired.")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_reading_times_are_learnt_now_and_shown(network: Network, olga: User, open_screen: Opener, look: str) -> None:
    _read_for_weeks(network)
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(f"{SITE}reading-times/")
    page.keyboard.press("l")
    wait_for(LearntReadingTime.objects.exists, seconds=30, what="learnt times")
    expect(page.locator("#learnt .run-line")).to_contain_text("readings of the last 180 days", timeout=30_000)
    expect(page.get_by_role("button", name="Learn now")).to_be_enabled()
    expect(page.locator(".learnt-table").first.locator("tbody tr")).to_have_count(5)
    expect(page.locator(".learnt-table").last).to_contain_text("Dr. Ada Roth")
    judge(page, f"reading-times-{look}")


def _read_for_weeks(network: Network) -> None:
    chance = random.Random(5)
    readers = [network.ada, network.body_reader, make_radiologist(network.north, name="Dr. Ines Faria")]
    names = [
        ("CTHEAD", "CT head without contrast", "CT", 8),
        ("CTABD", "CT abdomen and pelvis with contrast", "CT", 11),
    ]
    names += [("XRCHEST", "Chest radiograph, two views", "CR", 1.8), ("MRKNEEL", "MRI left knee", "MR", 12)]
    names += [("USABD", "Ultrasound upper abdomen", "US", 3.5)]
    for number in range(60):
        code, text, modality, minutes = names[number % len(names)]
        reader = readers[number % len(readers)]
        length = minutes * (0.8, 1.0, 1.3)[number % len(readers)] * chance.lognormvariate(0, 0.3)
        signed_at = timezone.now() - timedelta(hours=3 * number + 2)
        make_reading(make_named_item(network.north, code, text, modality), reader, minutes=length, signed_at=signed_at)
