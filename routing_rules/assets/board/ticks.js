/** Which studies are meant: those ticked with x, the mouse or Shift and arrows, else the selected one. */
import { selectedRow, selectRow } from "../../../pacs_core/web/assets/keyboard.js";
import { interpolate, ngettext } from "../../../pacs_core/web/assets/gettext.js";

export class Ticks {
  /** @param {HTMLTableElement} table @param {() => void} onChange */
  constructor(table, onChange) {
    this.table = table;
    this.onChange = onChange;
  }

  /** @returns {HTMLTableRowElement[]} */
  get rows() {
    return /** @type {HTMLTableRowElement[]} */ ([...this.table.tBodies[0].rows]);
  }

  /** @returns {HTMLTableRowElement[]} */
  get ticked() {
    return this.rows.filter((row) => row.hasAttribute("data-ticked"));
  }

  /** @returns {HTMLTableRowElement[]} */
  get meant() {
    const { ticked } = this;
    const selected = selectedRow(this.table);
    return ticked.length ? ticked : selected ? [selected] : [];
  }

  /** @param {HTMLTableRowElement} row @param {boolean} isTicked */
  set(row, isTicked) {
    row.toggleAttribute("data-ticked", isTicked);
    const box = /** @type {HTMLInputElement | null} */ (row.querySelector('input[type="checkbox"]'));
    if (box) box.checked = isTicked;
  }

  /** Tick the selected row, or untick it, and go on to the next. */
  toggle() {
    const row = selectedRow(this.table);
    if (!row) return;
    const isTicked = !row.hasAttribute("data-ticked");
    this.set(row, isTicked);
    const next = this.rows[this.rows.indexOf(row) + 1];
    if (isTicked && next) selectRow(next);
    this.draw();
  }

  /** @param {1 | -1} step */
  extend(step) {
    const row = selectedRow(this.table);
    const next = row && this.rows[this.rows.indexOf(row) + step];
    if (row) this.set(row, true);
    if (next) {
      this.set(next, true);
      selectRow(next);
    }
    this.draw();
  }

  clear() {
    for (const row of this.ticked) this.set(row, false);
    this.draw();
  }

  draw() {
    const count = this.ticked.length;
    const words = document.getElementById("ticked");
    const text = count ? interpolate(ngettext("%(count)s ticked", "%(count)s ticked", count), { count }) : "";
    if (words && words.textContent !== text) words.textContent = text;
    this.onChange();
  }

  start() {
    this.table.addEventListener("change", (event) => {
      const box = event.target instanceof HTMLInputElement ? event.target : null;
      const row = /** @type {HTMLTableRowElement | null | undefined} */ (box?.closest("tr"));
      if (!box || !row) return;
      this.set(row, box.checked);
      selectRow(row);
      this.draw();
    });
    this.table.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.clear();
      if (!event.shiftKey || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
      event.preventDefault();
      this.extend(event.key === "ArrowDown" ? 1 : -1);
    });
  }
}
