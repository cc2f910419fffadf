/** The viewer's side of the reading page: what it shows beside the text, and what comes back from it. */
import { announce } from "../../pacs_core/web/assets/announcements.js";
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { readJson } from "../../pacs_core/web/assets/page_data.js";
import { pressShortcut } from "../../pacs_core/web/assets/shortcuts.js";
import { KeyImages } from "./key_images.js";
import { LookAhead } from "./look_ahead.js";
import { Measurements } from "./measurements.js";
import { ViewerLink } from "./viewer_link.js";

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {HTMLElement} workspace
 * @param {import("./reading_page.js").ReadingPage | null} page null where the report can only be read
 */
export function startImages(workspace, page) {
  const viewer = readJson("viewer-data", null);
  if (!viewer) return;
  const link = new ViewerLink(viewer, {
    frame: /** @type {HTMLIFrameElement} */ (byId("viewer-frame")),
    warning: byId("viewer-warning"),
    onWindow: (isSeparate) => workspace.classList.toggle("viewer-apart", isSeparate),
    onMeasurements: (live) => measurements.onLive(live),
    onKey: pressShortcut,
    onShown: () => page && lookAhead.begin(),
  });
  const lookAhead = new LookAhead(viewer.aheadUrl);
  const measurements = new Measurements(byId("measure-pane"), {
    studyInstanceUid: viewer.studyInstanceUid,
    insert: page ? (text) => page.editor.insert(text) : null,
    store: () => link.saveMeasurements(),
  });
  document.addEventListener("meridian:annotated", () => measurements.refresh());
  if (page) page.beforeEnding = storeBeforeEnding(measurements);
  addEventListener("beforeunload", (event) => {
    if (measurements.unstored.length) event.preventDefault();
  });
  const { images, url } = viewer.keyImages;
  const keyImages = new KeyImages(byId("key-images"), { images, url: page ? url : "", reading: viewer, link });
  document.getElementById("mark-key-image")?.addEventListener("click", () => keyImages.mark());
  startViewerBar(link);
  link.start();
}

/**
 * What was measured is stored before the text is signed; when that fails the reader is told once and decides.
 * @param {Measurements} measurements
 * @returns {() => Promise<string>}
 */
function storeBeforeEnding(measurements) {
  let wasTold = false;
  return async () => {
    if (wasTold || (await measurements.storeAll())) return "";
    wasTold = true;
    return gettext("Measurements in the viewer could not be stored with the images. Sign again to go on without them.");
  };
}

/** @param {ViewerLink} link */
function startViewerBar(link) {
  byId("viewer-window").addEventListener("click", () => link.openWindow());
  byId("viewer-frame-back").addEventListener("click", () => link.closeWindow());
  byId("viewer-restore").addEventListener("click", () => link.showReading());
  const sideBySide = document.getElementById("side-by-side");
  sideBySide?.setAttribute("aria-pressed", String(link.isSideBySide));
  sideBySide?.addEventListener("click", () => {
    const isOn = link.switchSideBySide();
    sideBySide.setAttribute("aria-pressed", String(isOn));
    announce(isOn ? gettext("The prior opens beside the study") : gettext("The study opens alone"));
  });
  for (const prior of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-compare]"))) {
    prior.addEventListener("click", () => {
      link.compareWith(prior.dataset.compare ?? "");
      announce(gettext("The prior opens beside the study"));
    });
  }
}
