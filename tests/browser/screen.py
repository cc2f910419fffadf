"""One person's browser window on a running installation; whatever its pages complain about is kept as a fault."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, Response

from tests.installation import Installation
from tests.story import PASSWORD

WATCH = Path(__file__).parent / "watch.js"
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--font-render-hinting=none",
    # Only the viewer needs a GPU, which is the processor here: pages are drawn without.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
]
DESKTOP, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}


class Screen:
    """A browser context of its own; `allow` names what this test provokes on purpose."""

    def __init__(
        self,
        browser: Browser,
        installation: Installation,
        *,
        size: dict[str, int] = DESKTOP,
        theme: str = "dark",
        has_viewer: bool = False,
    ) -> None:
        self.url = installation.url
        self.faults: list[str] = []
        self.allowed: list[str] = []
        phone: dict[str, Any] = (
            {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if size == PHONE else {}
        )
        kept = [{"name": "meridian.theme", "value": theme}]
        self.context: BrowserContext = browser.new_context(
            viewport=size,
            base_url=self.url,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            storage_state={"cookies": [], "origins": [{"origin": self.url, "localStorage": kept}]},
            **phone,
        )
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(path=WATCH)
        if not has_viewer:
            # OHIF takes seconds of both cores; only the tests of images load it.
            self.context.route("**/viewer/**", lambda route: route.fulfill(body="", content_type="text/html"))
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.faults.append(f"thrown: {error.error}"))
        self.page: Page = self.context.new_page()
        self._press_once_ready()

    def sign_in(self, email: str, password: str = PASSWORD) -> "Screen":
        self.page.goto("/sign-in/")
        self.page.get_by_label("Mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda address: "/sign-in/" not in address)
        return self

    def wait_until_live(self, page: Page | None = None) -> None:
        (page or self.page).locator('#connection[data-state="live"]').wait_for()

    def allow(self, *words: str) -> None:
        self.allowed += words

    def refused(self, path: str) -> Response:
        """Open an address that answers with an error page; Chromium reports that in its console."""
        self.allow("Failed to load resource")
        answer = self.page.goto(path)
        assert answer is not None
        return answer

    def remarks(self) -> list[str]:
        """Return the faults that no test asked for."""
        return [fault for fault in self.faults if not any(words in fault for words in self.allowed)]

    def _press_once_ready(self) -> None:
        """Hold each key until the page's scripts have run: text is seen before a form's answer listens to keys."""
        press = self.page.keyboard.press

        def press_once_ready(key: str, *, delay: float | None = None) -> None:
            self.page.wait_for_load_state("domcontentloaded")
            press(key, delay=delay)

        self.page.keyboard.press = press_once_ready  # type: ignore[method-assign]

    def _hear(self, message: ConsoleMessage) -> None:
        # OHIF logs its own faults as errors; a refused policy counts there too.
        from_viewer = "/viewer/" in message.location.get("url", "")
        if message.type == "error" and (not from_viewer or "securitypolicyviolation" in message.text):
            self.faults.append(f"{message.text} at {message.location.get('url', '')}")


def viewer_frame(page: Page) -> Frame:
    """Return the frame beside the report once OHIF's page is in it."""
    page.wait_for_function("() => document.getElementById('viewer-frame')?.src.includes('/viewer/')")
    element = page.locator("#viewer-frame").element_handle()
    frame = element.content_frame()
    assert frame is not None
    return frame


def wait_for_image(frame: Frame | Page, *, milliseconds: int = 60_000) -> None:
    """Wait until Cornerstone has rendered and a canvas has differing pixels."""
    frame.wait_for_function("() => window.rendered?.length && window.canvasDiffers()", timeout=milliseconds)


def write(page: Page, section: str, text: str, *, milliseconds_a_key: float = 0) -> None:
    """Replace a section's text by typing, as a person does."""
    page.locator(f'[data-section="{section}"] .cm-content').click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text, delay=milliseconds_a_key)


def section_text(page: Page, section: str) -> str:
    return page.locator(f'[data-section="{section}"] .cm-content').inner_text()


def wait_until_saved(page: Page) -> None:
    """Wait for the server's acknowledgement of the text as it is now."""
    page.locator("#save-state[data-tone=fine]").wait_for()
    page.wait_for_function("() => /^Saved/.test(document.querySelector('#save-state [data-words]').textContent)")


def number_in(address: str) -> int:
    found = re.search(r"/(\d+)/", address)
    assert found is not None, address
    return int(found.group(1))
