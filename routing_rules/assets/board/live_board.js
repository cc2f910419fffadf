/** The board follows the live hints: one request for all its parts, at most one a second; filters and search go the same way. */
import { readMeta } from "../../../pacs_core/web/assets/page_data.js";
import { drawTimes } from "../../../pacs_core/web/assets/relative_time.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";
import { applyTable, knownRows } from "./tables.js";

const AT_MOST_EVERY_MILLISECONDS = 900;
// Predictions move with the clock, without any event.
const AT_LEAST_EVERY_MILLISECONDS = 30_000;
const AFTER_A_FAILURE_MILLISECONDS = 5000;

/** @param {string} id @returns {HTMLTableElement} */
function tableOf(id) {
  return /** @type {HTMLTableElement} */ (document.getElementById(id));
}

export class LiveBoard {
  /** @param {string} url @param {() => Record<string, string>} values what the board is narrowed down to now */
  constructor(url, values) {
    this.url = url;
    this.values = values;
    this.timer = 0;
    this.isBusy = false;
    this.isAskedAgain = false;
    this.isOutdated = false;
    this.drawnAt = 0;
  }

  start() {
    document.addEventListener("meridian:hints", () => this.ask());
    document.addEventListener("meridian:refetch", () => this.ask());
    document.addEventListener("visibilitychange", () => document.hidden || this.ask(0));
    setInterval(() => document.hidden || Date.now() - this.drawnAt < AT_LEAST_EVERY_MILLISECONDS || this.ask(0), 5000);
    this.drawnAt = Date.now();
  }

  /** @param {number} [delay] */
  ask(delay = Math.max(60, this.drawnAt + AT_MOST_EVERY_MILLISECONDS - Date.now())) {
    if (this.isBusy) {
      this.isAskedAgain = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refresh(), delay);
  }

  /**
   * Now, without a pause: something was done or chosen here. An answer under way would still show what was before, so it is not drawn.
   * @returns {Promise<void>}
   */
  async refresh() {
    if (this.isBusy) {
      this.isOutdated = true;
      return;
    }
    clearTimeout(this.timer);
    this.isBusy = true;
    let isFailed = false;
    try {
      const known = { known_readers: knownRows(tableOf("reader-table")), known_items: knownRows(tableOf("item-table")) };
      const body = new URLSearchParams({ ...this.values(), ...known });
      const answer = await fetchFragment(this.url, { method: "POST", headers: { "X-CSRFToken": readMeta("csrf-token") }, body });
      if (!this.isOutdated) this.draw(answer);
    } catch {
      isFailed = true;
    } finally {
      this.isBusy = false;
      this.drawnAt = isFailed ? this.drawnAt : Date.now();
      if (isFailed) this.ask(AFTER_A_FAILURE_MILLISECONDS);
      else if (this.isOutdated) this.ask(0);
      else if (this.isAskedAgain) this.ask();
      this.isAskedAgain = false;
      this.isOutdated = false;
    }
  }

  /** @param {string} html */
  draw(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const body of /** @type {NodeListOf<HTMLTableSectionElement>} */ (template.content.querySelectorAll("[data-rows-of]"))) {
      const table = /** @type {HTMLTableElement | null} */ (document.getElementById(body.dataset.rowsOf ?? ""));
      if (table) applyTable(table, body);
    }
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (template.content.querySelectorAll("[data-part]"))) {
      const shown = document.querySelector(`main [data-part="${part.dataset.part}"]`);
      if (shown && shown.textContent?.trim() !== part.textContent?.trim()) shown.replaceChildren(...part.childNodes);
    }
    for (const count of /** @type {NodeListOf<HTMLElement>} */ (template.content.querySelectorAll("[data-count]"))) {
      const shown = document.querySelector(`main [data-count="${count.dataset.count}"]`);
      if (shown) shown.replaceWith(count);
    }
    document.getElementById("items-empty")?.toggleAttribute("hidden", tableOf("item-table").tBodies[0].rows.length > 0);
    drawTimes();
    document.dispatchEvent(new CustomEvent("meridian:board-drawn"));
  }
}
