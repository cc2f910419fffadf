"""One installation and one Chromium for all of this folder's tests, on one worker: two cores carry no second one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.screen import FLAGS, Screen
from tests.flow.network import Network, make_network
from tests.installation import Installation, keep_together, running_installation
from tests.servers import PROJECT
from tests.story import PASSWORD
from tests.tools import require_tool

Opener = Callable[..., Screen]
SECONDS_ON_A_BUSY_MACHINE = 300
expect.set_options(timeout=15_000)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    keep_together(items, Path(__file__).parent, seconds=SECONDS_ON_A_BUSY_MACHINE)


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    for built in ("build/assets/reading.js", "build/viewer/index.html"):
        if not (PROJECT / built).exists():
            pytest.fail(f"{built} is missing. Maybe run: python -m pacs_core.bootstrap.assets")
    with running_installation() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(installation: Installation) -> Iterator[Browser]:
    """Playwright's loop runs in the tests' own thread, where Django would refuse the ORM otherwise."""
    program = require_tool("chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def network(committed_db: None, installation: Installation) -> Network:
    return make_network()


@contextmanager
def quiet_screens(chromium: Browser, installation: Installation) -> Iterator[Opener]:
    """Open windows; at the end no page may have complained in its console or broken its policy."""
    screens: list[Screen] = []

    def start(email: str = "", *, password: str = PASSWORD, **options: object) -> Screen:
        screens.append(Screen(chromium, installation, **options))
        return screens[-1].sign_in(email, password) if email else screens[-1]

    yield start
    remarks = [remark for screen in screens for remark in screen.remarks()]
    for screen in screens:
        screen.context.close()
    assert remarks == []


@pytest.fixture
def open_screen(chromium: Browser, installation: Installation, network: Network) -> Iterator[Opener]:
    with quiet_screens(chromium, installation) as start:
        yield start
