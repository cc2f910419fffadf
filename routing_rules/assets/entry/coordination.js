/** The coordinator's board: what changes, what is selected, what is done. */
import { gettext } from "../../../pacs_core/web/assets/gettext.js";
import { selectedRow, selectRow } from "../../../pacs_core/web/assets/keyboard.js";
import { readJson } from "../../../pacs_core/web/assets/page_data.js";
import { isTyping } from "../../../pacs_core/web/assets/shortcuts.js";
import { Acting } from "../board/acting.js";
import { Chooser } from "../board/chooser.js";
import { startDragging } from "../board/dragging.js";
import { LiveBoard } from "../board/live_board.js";
import { Panel, startCover, startDrawer } from "../board/panels.js";
import { Ticks } from "../board/ticks.js";

const items = /** @type {HTMLTableElement} */ (document.getElementById("item-table"));
const readers = /** @type {HTMLTableElement} */ (document.getElementById("reader-table"));
const filter = /** @type {HTMLFormElement} */ (document.getElementById("reader-filter"));
const search = /** @type {HTMLInputElement} */ (document.getElementById("item-search"));
const buttons = ["assign", "pin", "back", "tick"].map((name) => /** @type {HTMLButtonElement} */ (document.getElementById(`${name}-button`)));
const [assignButton, pinButton, backButton, tickButton] = buttons;
let view = readJson("board-view", "attention");

/** What the address may hold: the search may name a patient and stays out of it. */
function filterValues() {
  const values = Object.fromEntries([...new FormData(filter)].map(([name, value]) => [name, String(value)]).filter(([, value]) => value));
  return { ...values, view };
}

const board = new LiveBoard("/coordination/live/", () => ({ ...filterValues(), find: search.value }));
const ticks = new Ticks(items, drawButtons);
const acting = new Acting(caseOf, () => {
  ticks.clear();
  board.refresh();
  why.refresh();
});
const chooser = new Chooser((readerId, reason) => assign(readerId, reason));
const why = new Panel("why-panel");
const readerPanel = new Panel("reader-panel");
/** @type {Map<number, string>} names of studies that have left the list */
const cases = new Map();
/** @type {HTMLTableRowElement[]} */
let chosen = [];

/** @param {number} id */
function caseOf(id) {
  return cases.get(id) ?? gettext("a study");
}

function rememberCases() {
  for (const row of ticks.rows) cases.set(Number(row.dataset.key), row.dataset.case ?? "");
}

/** @param {HTMLTableRowElement[]} rows */
function idsOf(rows) {
  return rows.map((row) => Number(row.dataset.key));
}

/** @param {number} readerId @param {string} reason */
function assign(readerId, reason) {
  acting.act({ action: "assign", worklist_items: idsOf(chosen), radiologist: readerId, reason });
}

/** Say on the buttons what they would do now. */
function drawButtons() {
  const { meant } = ticks;
  const count = meant.length > 1 ? ` ${meant.length}` : "";
  for (const button of buttons) button.disabled = meant.length === 0;
  const isUnpinning = meant.length > 0 && meant.every((row) => row.dataset.pinned !== undefined);
  pinButton.dataset.action = isUnpinning ? "unpin" : "pin";
  const words = [gettext("Assign") + count, (isUnpinning ? gettext("Unpin") : gettext("Pin")) + count, gettext("Take back") + count];
  [assignButton, pinButton, backButton].forEach((button, index) => {
    const label = /** @type {HTMLElement} */ (button.firstElementChild);
    if (label.textContent !== words[index]) label.textContent = words[index];
  });
}

/** The selected reader's panel, with the selected study's why-not. */
function showReader() {
  const row = selectedRow(readers);
  if (!row) return;
  const item = selectedRow(items)?.dataset.key;
  const url = (readerPanel.element.dataset.url ?? "").replace("/0/", `/${row.dataset.key}/`);
  readerPanel.show(item ? `${url}?item=${item}` : url);
}

function applyFilter() {
  const values = filterValues();
  history.replaceState(null, "", `${location.pathname}?${new URLSearchParams(values)}`);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  board.refresh();
}

/** @param {HTMLTableElement} table */
function goTo(table) {
  const row = selectedRow(table) ?? table.tBodies[0].rows[0];
  if (row) selectRow(row);
}

document.addEventListener("meridian:row-selected", (event) => {
  const { row, table } = /** @type {CustomEvent} */ (event).detail;
  if (table === items) {
    why.show(row.dataset.whyUrl ?? "");
    drawButtons();
  }
  showReader();
});
document.addEventListener("meridian:board-drawn", () => {
  rememberCases();
  ticks.draw();
  why.refresh();
  readerPanel.refresh();
});
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "ArrowLeft") goTo(readers);
  else if (event.key === "ArrowRight") goTo(items);
});
assignButton.addEventListener("click", () => {
  chosen = ticks.meant;
  if (chosen.length) chooser.open(chosen);
});
pinButton.addEventListener("click", () => acting.act({ action: pinButton.dataset.action ?? "pin", worklist_items: idsOf(ticks.meant) }));
backButton.addEventListener("click", () => acting.act({ action: "take_back", worklist_items: idsOf(ticks.meant) }));
document.getElementById("plan-button")?.addEventListener("click", () => acting.plan());
tickButton.addEventListener("click", () => ticks.toggle());
filter.addEventListener("change", applyFilter);
filter.addEventListener("submit", (event) => event.preventDefault());
let searchTimer = 0;
search.addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = window.setTimeout(() => board.refresh(), 200);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "ArrowDown") goTo(items);
  if (event.key === "Escape" && search.value) {
    search.value = "";
    board.refresh();
  }
});
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))) {
  button.addEventListener("click", () => {
    view = button.dataset.view ?? view;
    applyFilter();
  });
}
startDragging(items, readers, () => ticks.ticked, (ids, readerId) => acting.act({ action: "assign", worklist_items: ids, radiologist: readerId }));
startCover("cover");
startDrawer("fairness-button", "fairness");
chooser.start();
ticks.start();
board.start();
rememberCases();
const first = items.tBodies[0].rows[0];
if (first) selectRow(first, { focus: false });
drawButtons();
