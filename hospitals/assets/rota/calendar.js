/**
 * The calendar's grid: one cell is in the tab order; arrows, Home and End move, Enter opens or adds, Delete removes after a question.
 * Forms come into the dialog from their ordinary addresses, filled in for the selected cell.
 */
import { say } from "../../../pacs_core/web/assets/announcements.js";
import { askConfirmation } from "../../../pacs_core/web/assets/confirmation.js";
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";
import { isTyping } from "../../../pacs_core/web/assets/shortcuts.js";
import { openForm, post, showDialog, startDialog } from "./dialog.js";
import { asClock, startDragging } from "./dragging.js";

const NOW_MOVES_MILLISECONDS = 60_000;
let selectedId = "";

/** @returns {HTMLElement} looked up each time: htmx may have replaced it */
const calendar = () => /** @type {HTMLElement} */ (document.getElementById("calendar"));

/** @returns {HTMLElement[]} */
const cells = () => [...calendar().querySelectorAll("td[data-reader]")].map((cell) => /** @type {HTMLElement} */ (cell));

/** @returns {HTMLElement | null} */
export const selectedCell = () => (selectedId ? document.getElementById(selectedId) : calendar().querySelector('td[data-reader][tabindex="0"]'));

/** @param {HTMLElement} cell @returns {string} */
const wordsOf = (cell) => cell.querySelector(".words")?.textContent ?? "";

/** @param {HTMLElement} cell @param {{focus?: boolean}} [options] */
function select(cell, { focus = true } = {}) {
  for (const other of calendar().querySelectorAll("td[data-reader][aria-selected]")) {
    other.removeAttribute("aria-selected");
    /** @type {HTMLElement} */ (other).tabIndex = -1;
  }
  for (const other of calendar().querySelectorAll('td[data-reader][tabindex="0"]')) /** @type {HTMLElement} */ (other).tabIndex = -1;
  cell.tabIndex = 0;
  cell.setAttribute("aria-selected", "true");
  selectedId = cell.id;
  const words = document.getElementById("rota-cell-words");
  if (words) words.textContent = wordsOf(cell);
  if (!focus) return;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** After new content came: the same cell is selected, and in the tab order, as before. */
function restore() {
  const cell = selectedId ? document.getElementById(selectedId) : null;
  if (cell) select(cell, { focus: document.activeElement === cell || document.activeElement === document.body });
}

export async function refresh() {
  const html = await fetchFragment(location.href);
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("calendar");
  if (fresh) calendar().replaceChildren(...fresh.childNodes);
}

/** @param {string} key @param {HTMLElement} cell @returns {HTMLElement | undefined} */
function neighbour(key, cell) {
  const row = /** @type {HTMLTableRowElement} */ (cell.closest("tr"));
  const inRow = /** @type {HTMLElement[]} */ ([...row.querySelectorAll("td[data-reader]")]);
  const at = inRow.indexOf(cell);
  if (key === "Home") return inRow[0];
  if (key === "End") return inRow.at(-1);
  if (key === "ArrowLeft" || key === "ArrowRight") return inRow[at + (key === "ArrowLeft" ? -1 : 1)];
  const other = key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
  return /** @type {HTMLElement | undefined} */ (other?.querySelectorAll("td[data-reader]")[at]);
}

/** @param {HTMLElement} cell @returns {{id: string, words: string}[]} */
function shiftsOf(cell) {
  const bars = /** @type {NodeListOf<SVGElement>} */ (cell.querySelectorAll("[data-shift]"));
  return [...bars].map((bar) => ({ id: bar.dataset.shift ?? "", words: bar.querySelector("title")?.textContent ?? "" }));
}

/** @param {string} pattern an address with 0 for the id @param {string} id */
const addressOf = (pattern, id) => `${pattern.replace("/0/", `/${id}/`)}?zone=${encodeURIComponent(calendar().dataset.zone ?? "")}`;

/** @param {string} id */
const openShift = (id) => openForm(addressOf(calendar().dataset.shiftUrl ?? "", id));

/** Ask which one when there are several. @param {HTMLElement} cell @param {(id: string) => void} act */
function withShift(cell, act) {
  const shifts = shiftsOf(cell);
  if (shifts.length < 2) {
    if (shifts.length) act(shifts[0].id);
    return;
  }
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("rota-chooser"));
  const content = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const choices = shifts.map(({ id, words }) => {
    const button = makeElement("button", { type: "button", class: "btn btn-quiet btn-l w-100 mb-2 justify-content-start" }, words);
    button.addEventListener("click", () => act(id));
    return button;
  });
  content.querySelector("[data-choices]")?.append(...choices);
  showDialog(content);
}

/** @param {HTMLElement} cell */
function removeFrom(cell) {
  withShift(cell, async (id) => {
    const words = shiftsOf(cell).find((shift) => shift.id === id)?.words ?? "";
    const sentence = interpolate(gettext("Remove this shift? %(shift)s"), { shift: words });
    /** @type {HTMLDialogElement} */ (document.getElementById("rota-dialog")).close();
    if (await askConfirmation(sentence, gettext("Remove"))) await post(addressOf(calendar().dataset.removeUrl ?? "", id), new FormData());
  });
}

/** @type {Parameters<typeof startDragging>[0]} */
async function moveShift(shift, { reader, starts, ends }) {
  const data = new FormData();
  data.set("zone", calendar().dataset.zone ?? "");
  data.set("radiologist", reader);
  data.set("starts", asClock(starts));
  data.set("ends", asClock(ends));
  const cell = document.getElementById(`cell-${reader}-${asClock(starts).slice(0, 10)}`);
  if (cell) select(cell);
  await post(addressOf(calendar().dataset.moveUrl ?? "", shift.id), data);
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : null;
  const isInside = target !== null && calendar().contains(target);
  if (!isInside && target !== document.body && !target?.matches("main")) return;
  const cell = (selectedId && selectedCell()) || calendar().querySelector("td.today[data-reader]") || cells()[0];
  if (!(cell instanceof HTMLElement)) return;
  if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
    event.preventDefault();
    select((selectedId ? neighbour(event.key, cell) : cell) ?? cell);
  } else if (event.key === "Enter" && isInside) {
    event.preventDefault();
    if (cell.dataset.shifts) withShift(cell, openShift);
    else document.querySelector('[data-opens-form][data-shortcut="a"]')?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  } else if (event.key === "Delete" && cell.dataset.shifts) {
    event.preventDefault();
    removeFrom(cell);
  }
}

/** @param {MouseEvent} event */
function onClick(event) {
  const target = event.target instanceof Element ? event.target : null;
  const cell = /** @type {HTMLElement | null | undefined} */ (target?.closest("#calendar td[data-reader]"));
  if (cell) {
    select(cell);
    const bar = /** @type {SVGElement | null | undefined} */ (target?.closest("[data-shift]"));
    if (bar) openShift(bar.dataset.shift ?? "");
    return;
  }
  const opener = /** @type {HTMLAnchorElement | null | undefined} */ (target?.closest("a[data-opens-form]"));
  if (!opener || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const url = new URL(opener.href);
  const chosen = selectedCell();
  url.searchParams.set("zone", calendar().dataset.zone ?? "");
  if (chosen && selectedId) {
    url.searchParams.set("reader", chosen.dataset.reader ?? "");
    url.searchParams.set("day", chosen.dataset.day ?? "");
  } else url.searchParams.set("day", cells()[0]?.dataset.day ?? "");
  openForm(url.href);
}

/** Keep what htmx or a live hint puts in its place in step with the selection. */
function watch() {
  const observer = new MutationObserver(restore);
  const attach = () => observer.observe(calendar(), { childList: true });
  attach();
  document.addEventListener("htmx:after:swap", () => {
    observer.disconnect();
    attach();
    restore();
  });
}

export function startCalendar() {
  startDialog({
    onDone: async () => {
      await refresh();
      const cell = selectedCell();
      if (cell && selectedId) {
        select(cell);
        say(wordsOf(cell));
      }
    },
  });
  watch();
  startDragging(moveShift);
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("click", onClick);
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.matches("#calendar td[data-reader]") && target.id !== selectedId) select(target, { focus: false });
  });
  setInterval(() => document.hidden || document.querySelector("dialog[open]") || refresh().catch(() => undefined), NOW_MOVES_MILLISECONDS);
}
