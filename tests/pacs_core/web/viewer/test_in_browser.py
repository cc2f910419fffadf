"""The viewer in Chromium: images appear, the channel to the reading page works, the policies hold."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import Client
from playwright.sync_api import BrowserContext, Page, sync_playwright
from pydicom.uid import EnhancedSRStorage, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import ReceivedInstance, Study
from pacs_core.standards.dicom.header import read_header
from pacs_core.standards.dicom.json_model import read_json
from pacs_core.standards.dicom.measurement_report import Measurement, measurements_of, observer_of
from tests.pacs_core.network.dicomweb.archive import file_study, make_grant
from tests.pacs_core.network.dicomweb.running import running_server
from tests.story import make_hospital, make_patient, make_radiologist, see_all
from tests.tools import require_tool

BROWSER_FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
SYNTAXES = {
    "native": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
}
SHOW = """([uid, key]) => channel.postMessage(
    {type: 'show', studyInstanceUids: [uid], readingKey: key, requestId: uid})"""
SIZE = 64
GEOMETRY = {
    "Rows": SIZE,
    "Columns": SIZE,
    "PixelSpacing": [2, 2],
    "ImagePositionPatient": [0, 0, 0],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "FrameOfReferenceUID": "2.25.3",
    "WindowCenter": 2000,
    "WindowWidth": 4000,
    "RescaleSlope": 1,
    "RescaleIntercept": 0,
}


@dataclass
class Viewer:
    """A signed-in browser beside a running server; `key` grants every study in `studies`."""

    address: str
    context: BrowserContext
    studies: dict[str, Study]
    key: str
    faults: list[str] = field(default_factory=list)

    def open(self, study: Study) -> Page:
        page = self.context.new_page()
        page.add_init_script(path=Path(__file__).parent / "watch.js")
        page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        page.goto(f"{self.address}/viewer/viewer?StudyInstanceUIDs={study.study_instance_uid}&reading={self.key}")
        return page

    def reading_page(self) -> Page:
        """Any page of the origin that takes part in the channel."""
        page = self.context.new_page()
        page.goto(f"{self.address}/viewer/manifest.json")
        page.evaluate(
            "() => { window.heard = []; window.channel = new BroadcastChannel('meridian-viewer');"
            " window.channel.onmessage = event => window.heard.push(event.data); }"
        )
        return page


@pytest.fixture
def viewer(committed_db: None, built_viewer: Path, tmp_path: Path, settings: Any) -> Iterator[Viewer]:
    chromium = require_tool("chromium")
    settings.ROOT_URLCONF = "tests.pacs_core.network.dicomweb.urlconf"
    settings.STATIC_ROOT, settings.BUILD_ROOT = tmp_path, built_viewer.parent
    hospital = make_hospital("NORTH")
    patient = make_patient(hospital, patient_id="P1")  # whom the files name
    radiologist = make_radiologist(hospital)
    ramp = (np.add.outer(np.arange(SIZE), np.arange(SIZE)) * 32 % 4096).astype("<u2").tobytes()
    options = {"patient": patient, "PixelData": ramp, **GEOMETRY}
    studies = {
        name: file_study(hospital, syntax=syntax, compress=syntax != ExplicitVRLittleEndian, **options)
        for name, syntax in SYNTAXES.items()
    }
    grant = make_grant(radiologist, *studies.values())
    client = Client()
    client.force_login(radiologist)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with running_server(get_asgi_application()) as address, sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-cy")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(30_000)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
        yield Viewer(address, context, studies, grant.key)
        browser.close()


def wait_for_image(page: Page, study: Study) -> None:
    page.wait_for_function(
        "uid => window.rendered.some(image => image.includes(uid)) && window.canvasDiffers()",
        arg=study.study_instance_uid,
    )


def test_images_of_every_codec_appear_by_the_channel_and_the_policies_hold(viewer: Viewer) -> None:
    first, *others = viewer.studies.values()
    reading = viewer.reading_page()
    page = viewer.open(first)
    wait_for_image(page, first)
    reading.wait_for_function("() => heard.some(message => message.type === 'showing')")
    for study in others:
        page.evaluate("() => { window.rendered.length = 0; }")
        reading.evaluate(SHOW, [study.study_instance_uid, viewer.key])
        wait_for_image(page, study)
        reading.wait_for_function(
            "uid => heard.some(message => message.type === 'showing' && message.requestId === uid"
            " && message.shown.some(image => image.studyInstanceUid === uid))",
            arg=study.study_instance_uid,
        )
    assert page.evaluate("window.refused") == []
    assert viewer.faults == []


def test_signed_out_viewer_says_so_and_goes_on_after_the_next_sign_in(viewer: Viewer) -> None:
    first, second, *_ = viewer.studies.values()
    reading = viewer.reading_page()
    page = viewer.open(first)
    wait_for_image(page, first)
    cookies = viewer.context.cookies()
    viewer.context.clear_cookies()
    reading.evaluate(SHOW, [second.study_instance_uid, viewer.key])
    reading.wait_for_function("() => heard.some(message => message.type === 'signed-out')")
    viewer.context.add_cookies(cookies)
    reading.evaluate(SHOW, [second.study_instance_uid, viewer.key])
    wait_for_image(page, second)
    reading.wait_for_function(
        "uid => heard.some(message => message.type === 'showing' && message.requestId === uid)",
        arg=second.study_instance_uid,
    )


def test_measurement_is_told_and_saved_as_a_structured_report(viewer: Viewer) -> None:
    study = viewer.studies["native"]
    reading = viewer.reading_page()
    page = viewer.open(study)
    wait_for_image(page, study)
    page.get_by_test_id("MeasurementTools-split-button-primary").click()
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top + 40, steps=5)
    page.mouse.up()
    reading.wait_for_function("() => heard.findLast(message => message.type === 'measurements')?.measurements.length")
    reading.wait_for_timeout(1000)  # the viewer works out the length of the last move after the mouse is up
    told = reading.evaluate("() => heard.findLast(message => message.type === 'measurements').measurements[0]")
    assert told["isStored"] is False
    assert told["studyInstanceUid"] == study.study_instance_uid
    assert told["sopInstanceUid"].startswith(study.study_instance_uid)
    assert told["text"].endswith("mm")
    reading.evaluate("() => channel.postMessage({type: 'save-measurements', requestId: 7, observerName: 'Roth^Ada'})")
    reading.wait_for_function("() => heard.some(message => message.type === 'measurements-saved')")
    reading.wait_for_function(
        "() => heard.findLast(message => message.type === 'measurements').measurements[0].isStored"
    )
    told = reading.evaluate("() => heard.findLast(message => message.type === 'measurements').measurements[0]")
    viewer.context.close()
    with ThreadPoolExecutor(1) as own_thread:
        [(sop_class, observer, [measured])] = own_thread.submit(stored_reports, study).result()
    assert (sop_class, observer) == (EnhancedSRStorage, "Roth^Ada")
    assert measured.sop_instance_uid == told["sopInstanceUid"]
    assert measured.words == f"Length {told['text']}"


def stored_reports(study: Study) -> list[tuple[str, str, list[Measurement]]]:
    """Run in a thread of its own: Playwright's event loop runs in the test's."""
    try:
        with see_all():
            rows = ReceivedInstance.objects.filter(study_instance_uid=study.study_instance_uid, source="viewer")
            models = [(row, read_json(stored_path(row.file_path))) for row in rows]
            return [
                (read_header(stored_path(row.file_path)).sop_class_uid, observer_of(model), measurements_of(model))
                for row, model in models
            ]
    finally:
        connection.close()
