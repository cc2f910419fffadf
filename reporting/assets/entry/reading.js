/** The reading page: the report beside the images. */
import { announce } from "../../../pacs_core/web/assets/announcements.js";
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { readJson } from "../../../pacs_core/web/assets/page_data.js";
import { startReadingPage } from "../reading_page.js";
import { startSplit } from "../split.js";
import { ViewerLink } from "../viewer_link.js";

const page = startReadingPage();

/** @param {string} id */
const byId = (id) => document.getElementById(id);

const workspace = /** @type {HTMLElement} */ (byId("workspace"));
const separator = byId("separator");
if (separator) startSplit(workspace, separator);

const viewer = readJson("viewer-data", null);
if (viewer) {
  const link = new ViewerLink(viewer, {
    frame: /** @type {HTMLIFrameElement} */ (byId("viewer-frame")),
    warning: /** @type {HTMLElement} */ (byId("viewer-warning")),
    onWindow: (isSeparate) => workspace.classList.toggle("viewer-apart", isSeparate),
    onMeasurement: (text) => {
      if (!page || !text) return;
      const button = /** @type {HTMLButtonElement} */ (byId("take-measurement"));
      button.hidden = false;
      button.textContent = interpolate(gettext("Insert %(text)s"), { text });
      button.onclick = () => {
        page.editor.insert(text);
        button.hidden = true;
      };
    },
  });
  byId("viewer-window")?.addEventListener("click", () => link.openWindow());
  byId("viewer-frame-back")?.addEventListener("click", () => link.closeWindow());
  byId("viewer-restore")?.addEventListener("click", () => link.showReading());
  const sideBySide = byId("side-by-side");
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
  link.start();
}
