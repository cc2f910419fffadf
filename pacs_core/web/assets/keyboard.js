/**
 * Move in `<table data-rows role="grid">`: j/k or arrows, Home/End, Enter opens data-href, space peeks. One row is in the tab order.
 * Of several tables the one with data-main-rows has the keys while none has the focus.
 * Tells `meridian:row-selected` and `meridian:row-peek` (detail {row, table}) on document.
 */
import { isTyping } from "./shortcuts.js";

/** @returns {HTMLTableElement | null} */
function currentTable() {
  const focused = document.activeElement?.closest("table[data-rows]");
  return /** @type {HTMLTableElement | null} */ (focused ?? document.querySelector("table[data-main-rows]") ?? document.querySelector("table[data-rows]"));
}

/** @param {HTMLTableElement} table @returns {HTMLTableRowElement[]} */
function rowsOf(table) {
  return /** @type {HTMLTableRowElement[]} */ ([...table.tBodies[0].rows].filter((row) => row.dataset.key !== undefined));
}

/** @param {HTMLTableElement} table @returns {HTMLTableRowElement | null} */
export function selectedRow(table) {
  return table.querySelector('tbody tr[aria-selected="true"]');
}

/**
 * @param {HTMLTableRowElement} row
 * @param {{focus?: boolean}} [options]
 */
export function selectRow(row, { focus = true } = {}) {
  const table = row.closest("table");
  if (!table) return;
  for (const other of rowsOf(table)) {
    if (other === row) continue;
    other.setAttribute("aria-selected", "false");
    other.tabIndex = -1;
  }
  row.setAttribute("aria-selected", "true");
  row.tabIndex = 0;
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new CustomEvent("meridian:row-selected", { detail: { row, table } }));
}

/** @param {HTMLTableRowElement} row */
export function openRow(row) {
  if (row.dataset.href) location.assign(row.dataset.href);
}

/** @param {HTMLTableElement} table @param {string} key @returns {HTMLTableRowElement | undefined} */
function targetRow(table, key) {
  const rows = rowsOf(table);
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (key === "Home") return rows[0];
  if (key === "End") return rows.at(-1);
  const step = key === "j" || key === "ArrowDown" ? 1 : -1;
  return rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const table = currentTable();
  if (!table) return;
  const isInside = event.target instanceof Element && table.contains(event.target);
  if (!isInside && event.target !== document.body && !(event.target instanceof HTMLElement && event.target.matches("main")) && !["j", "k"].includes(event.key)) return;
  if (["j", "k", "ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
    const row = targetRow(table, event.key);
    if (row) {
      event.preventDefault();
      selectRow(row);
    }
    return;
  }
  const row = selectedRow(table);
  const isOnControl = event.target instanceof Element && event.target.closest("a, button") !== null;
  if (!row || isOnControl) return;
  if (event.key === "Enter") {
    event.preventDefault();
    openRow(row);
  } else if (event.key === " ") {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("meridian:row-peek", { detail: { row, table } }));
  }
}

/** Give each table one row in the tab order. */
function prepareTables() {
  for (const table of /** @type {NodeListOf<HTMLTableElement>} */ (document.querySelectorAll("table[data-rows]"))) {
    const rows = rowsOf(table);
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
  }
}

export function startTableKeyboard() {
  prepareTables();
  document.addEventListener("htmx:after:swap", prepareTables);
  document.addEventListener("meridian:rows-changed", prepareTables);
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof HTMLTableRowElement && event.target.matches("table[data-rows] tr[data-key]") ? event.target : null;
    if (row && row.getAttribute("aria-selected") !== "true") selectRow(row, { focus: false });
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const row = /** @type {HTMLTableRowElement | null | undefined} */ (target?.closest("table[data-rows] tr[data-key]"));
    if (row && !target?.closest("a, button, input, label")) selectRow(row);
  });
  document.addEventListener("dblclick", (event) => {
    const row = event.target instanceof Element ? event.target.closest("table[data-rows] tr[data-key]") : null;
    if (row) openRow(/** @type {HTMLTableRowElement} */ (row));
  });
}
