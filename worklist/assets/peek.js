/** The panel beside the list: shows the selected study after a short rest, so that holding j does not ask the server for every row. */
import { selectRow } from "../../pacs_core/web/assets/keyboard.js";
import { fetchFragment } from "../../pacs_core/web/assets/requests.js";
import { drawTimes } from "../../pacs_core/web/assets/relative_time.js";

const REST_MILLISECONDS = 90;
const root = document.documentElement;

export class PeekPanel {
  /** @param {HTMLElement} body */
  constructor(body) {
    this.body = body;
    this.timer = 0;
    this.key = "";
    /** @type {AbortController | null} */
    this.request = null;
  }

  get isOpen() {
    return root.dataset.peek !== "closed";
  }

  /** @param {boolean} isOpen */
  setOpen(isOpen) {
    if (isOpen) delete root.dataset.peek;
    else root.dataset.peek = "closed";
    localStorage.setItem("meridian.peek", isOpen ? "open" : "closed");
  }

  /** @param {HTMLElement} row @param {string} [section] id suffix to bring into view */
  show(row, section = "") {
    this.key = row.dataset.key ?? "";
    clearTimeout(this.timer);
    if (!this.isOpen) return;
    this.timer = window.setTimeout(() => this.load(row.dataset.peekUrl ?? "", section), REST_MILLISECONDS);
  }

  /** @param {string} url @param {string} section */
  async load(url, section) {
    if (!url) return;
    this.request?.abort();
    this.request = new AbortController();
    this.body.setAttribute("aria-busy", "true");
    try {
      const html = await fetchFragment(url, { signal: this.request.signal });
      this.body.innerHTML = html;
      /** @type {any} */ (window).htmx?.process(this.body);
      drawTimes(this.body);
      this.body.removeAttribute("aria-busy");
      if (section) document.getElementById(`peek-${section}`)?.scrollIntoView({ block: "start" });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.body.removeAttribute("aria-busy");
    }
  }
}

/** Wire the panel to selection, the space bar, the why buttons and to changes of the shown row. */
export function startPeek() {
  const body = document.getElementById("peek-body");
  if (!body) return;
  const panel = new PeekPanel(body);
  document.addEventListener("meridian:row-selected", (event) => {
    const { row } = /** @type {CustomEvent} */ (event).detail;
    if (row.dataset.key !== panel.key) panel.show(row);
  });
  document.addEventListener("meridian:row-peek", (event) => {
    panel.setOpen(!panel.isOpen);
    panel.show(/** @type {CustomEvent} */ (event).detail.row);
  });
  document.addEventListener("meridian:rows-changed", (event) => {
    const { table, keys } = /** @type {CustomEvent} */ (event).detail;
    const isEditing = body.querySelector("details[open]") !== null;
    if (!keys.includes(panel.key) || isEditing) return;
    const row = table.querySelector(`tr[data-key="${CSS.escape(panel.key)}"]`);
    if (row) panel.show(row);
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-peek-section]")) : null;
    const row = /** @type {HTMLElement | null | undefined} */ (button?.closest("tr[data-key]"));
    if (!button || !row) return;
    panel.setOpen(true);
    panel.show(row, button.dataset.peekSection);
  });
  const { peekUrl, peekKey } = body.dataset;
  if (peekUrl) {
    delete root.dataset.peek;
    const row = /** @type {HTMLTableRowElement | null} */ (document.querySelector(`table[data-rows] tr[data-key="${peekKey}"]`));
    if (row) selectRow(row);
    else panel.load(peekUrl, "");
    return;
  }
  const first = /** @type {HTMLElement | null} */ (document.querySelector("table[data-rows] tbody tr[data-key]"));
  if (first && panel.isOpen) panel.show(first);
}
