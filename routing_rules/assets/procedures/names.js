/**
 * The list of names: j/k move, x ticks, a accepts the suggestion, 1 to 4 take one, u sends back. What is ticked is meant, else the
 * selected row. A choice is "name:procedure", as the server reads it; the answer is the list as it is then.
 */
import { announce, say } from "../../../pacs_core/web/assets/announcements.js";
import { selectedRow, selectRow } from "../../../pacs_core/web/assets/keyboard.js";
import { readMeta } from "../../../pacs_core/web/assets/page_data.js";
import { drawTimes } from "../../../pacs_core/web/assets/relative_time.js";
import { goToSignIn } from "../../../pacs_core/web/assets/requests.js";
import { gettext, interpolate, ngettext } from "../../../pacs_core/web/assets/gettext.js";

export class Names {
  constructor() {
    this.pane = /** @type {HTMLElement} */ (document.getElementById("suggestion-pane"));
    this.nothing = this.pane.innerHTML;
    this.isBusy = false;
  }

  /** @returns {HTMLElement} looked up each time: htmx replaces it */
  get results() {
    return /** @type {HTMLElement} */ (document.getElementById("results"));
  }

  /** @returns {HTMLTableRowElement[]} */
  get rows() {
    return /** @type {HTMLTableRowElement[]} */ ([...this.results.querySelectorAll("tr[data-key]")]);
  }

  /** @returns {HTMLTableRowElement | null} */
  get current() {
    const table = /** @type {HTMLTableElement | null} */ (this.results.querySelector("table[data-rows]"));
    return table && selectedRow(table);
  }

  /** @returns {HTMLTableRowElement[]} the ticked rows, else the selected one */
  get meant() {
    const ticked = this.rows.filter((row) => tickOf(row).checked);
    return ticked.length ? ticked : this.current ? [this.current] : [];
  }

  /** Show what the row may be. @param {HTMLTableRowElement | null} row */
  show(row) {
    const template = row?.querySelector("template");
    if (!template) this.pane.innerHTML = this.nothing;
    else this.pane.replaceChildren(template.content.cloneNode(true));
    drawTimes(this.pane);
  }

  /** Say on the buttons what they would do now. */
  drawButtons() {
    const { meant } = this;
    const count = meant.length > 1 ? ` (${meant.length})` : "";
    setButton("tick-button", !this.current, "");
    setButton("accept-button", !meant.some((row) => row.dataset.best), count);
    setButton("choose-button", !meant.length, count);
    setButton("return-button", !meant.some((row) => row.dataset.mapped !== undefined), count);
  }

  tick() {
    const row = this.current;
    if (!row) return;
    const box = tickOf(row);
    box.checked = !box.checked;
    row.toggleAttribute("data-ticked", box.checked);
    this.drawButtons();
    const next = this.rows[this.rows.indexOf(row) + 1];
    if (next && box.checked) selectRow(next);
  }

  accept() {
    const rows = this.meant.filter((row) => row.dataset.best);
    return this.send(rows.map((row) => `${row.dataset.key}:${row.dataset.best}`));
  }

  /** @param {string} procedure its number, empty to send the names back */
  mapMeant(procedure) {
    const rows = procedure ? this.meant : this.meant.filter((row) => row.dataset.mapped !== undefined);
    return this.send(rows.map((row) => `${row.dataset.key}:${procedure}`));
  }

  /** @param {string[]} choices */
  async send(choices) {
    if (!choices.length || this.isBusy) return;
    this.isBusy = true;
    const at = Math.max(0, this.rows.findIndex((row) => row === this.current));
    const body = new URLSearchParams(choices.map((choice) => ["choice", choice]));
    const headers = { "HX-Request": "true", "X-CSRFToken": readMeta("csrf-token") };
    try {
      const answer = await fetch(`${this.results.dataset.mapUrl}${location.search}`, { method: "POST", body, headers, credentials: "same-origin" });
      if (answer.status === 401 || new URL(answer.url).pathname.startsWith("/sign-in/")) return goToSignIn();
      if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
      this.results.innerHTML = await answer.text();
      this.drawAgain(at);
    } catch {
      announce(gettext("Nothing was mapped: the server did not answer as it should. Try again."), "overdue");
    } finally {
      this.isBusy = false;
    }
  }

  /** @param {number} at the row to go on with */
  drawAgain(at) {
    /** @type {any} */ (window).htmx?.process(this.results);
    drawTimes(this.results);
    document.dispatchEvent(new CustomEvent("meridian:rows-changed"));
    const row = this.rows[Math.min(at, this.rows.length - 1)];
    if (row) selectRow(row);
    else this.show(null);
    this.drawButtons();
    say(this.results.querySelector(".notice p")?.textContent ?? "");
    this.drawBadge();
  }

  /** The number of names that wait, in the page's head. */
  drawBadge() {
    const badge = document.querySelector(".sections .count-badge");
    const waiting = this.results.querySelector("[data-waiting]")?.getAttribute("data-waiting") ?? "";
    if (badge?.firstChild) badge.firstChild.textContent = waiting;
    badge?.toggleAttribute("hidden", waiting === "0");
  }
}

/** @param {HTMLTableRowElement} row @returns {HTMLInputElement} */
function tickOf(row) {
  return /** @type {HTMLInputElement} */ (row.querySelector('input[type="checkbox"]'));
}

/** @param {string} id @param {boolean} isDisabled @param {string} count */
function setButton(id, isDisabled, count) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById(id));
  button.disabled = isDisabled;
  button.dataset.words ??= button.firstChild?.textContent ?? "";
  if (button.firstChild) button.firstChild.textContent = button.dataset.words + count;
}

/** @returns {Names} */
export function startNames() {
  const names = new Names();
  document.addEventListener("meridian:row-selected", (event) => {
    names.show(/** @type {CustomEvent} */ (event).detail.row);
    names.drawButtons();
  });
  document.addEventListener("change", (event) => {
    const box = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLTableRowElement | null} */ (box.closest("#results tr[data-key]"));
    if (!row) return;
    row.toggleAttribute("data-ticked", tickOf(row).checked);
    selectRow(row);
    names.drawButtons();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest("[data-choices]") : null);
    if (button) names.send((button.dataset.choices ?? "").trim().split(/\s+/));
  });
  document.addEventListener("htmx:after:swap", () => {
    names.show(names.current);
    names.drawButtons();
  });
  document.getElementById("tick-button")?.addEventListener("click", () => names.tick());
  document.getElementById("accept-button")?.addEventListener("click", () => names.accept());
  document.getElementById("return-button")?.addEventListener("click", () => names.mapMeant(""));
  const [first] = names.rows;
  if (first) selectRow(first, { focus: false });
  names.drawButtons();
  return names;
}

/** @param {number} count @returns {string} */
export function countOfNames(count) {
  return interpolate(ngettext("for %(count)s name", "for %(count)s names", count), { count });
}
