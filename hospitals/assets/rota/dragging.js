/**
 * A bar of the calendar dragged by mouse: to another time, day or reader; its ends to lengthen or shorten it. What is dropped takes the same
 * way as the form. Times are those of the calendar's clock, counted as if it never changed: the server knows of summer time.
 */
import { announce, say } from "../../../pacs_core/web/assets/announcements.js";
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;
// A hand that clicks moves a little.
const CLICK_PIXELS = 4;
// Less has no room for "10:00–18:00"; the words beside the pointer say it anyway.
const WORDS_PIXELS = 84;
const SCROLL_EDGE_PIXELS = 28;
const SCROLL_PIXELS = 14;

/** @typedef {{id: string, name: string, reader: string, starts: number, ends: number}} Shift */
/** @typedef {{reader: string, name: string, starts: number, ends: number}} Place */
/** @typedef {{shift: Shift, edge: string, from: {x: number, y: number, at: number}, place: Place, hasMoved: boolean}} Drag */

/** @type {Drag | null} */
let drag = null;
// Escape left the shift where it is; the button is still down.
let isLeft = false;

/** @param {string} clock ISO 8601 without a zone */
const readClock = (clock) => Date.parse(`${clock}Z`);

/** @param {number} time */
const snapped = (time) => Math.round(time / QUARTER) * QUARTER;

/** @param {number} time @param {Intl.DateTimeFormatOptions} options */
const format = (time, options) => new Intl.DateTimeFormat(document.documentElement.lang || "en", { timeZone: "UTC", ...options }).format(time);

/** @param {number} time */
const clockWords = (time) => format(time, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** @param {Place} place */
function wordsOf({ starts, ends }) {
  const day = format(starts, { weekday: "short" });
  const last = format(ends, { weekday: "short" });
  return `${day} ${clockWords(starts)}–${last === day ? "" : `${last} `}${clockWords(ends)}`;
}

/** @param {HTMLElement} cell */
const startOf = (cell) => readClock(`${cell.dataset.day}T00:00`);

/** The cell under the pointer, and the time there. @param {number} x @param {number} y */
function pointed(x, y) {
  const cell = /** @type {HTMLElement | null | undefined} */ (document.elementFromPoint(x, y)?.closest("#calendar td[data-reader]"));
  if (!cell) return null;
  const { left, width } = cell.getBoundingClientRect();
  return { cell, at: startOf(cell) + ((x - left) / width) * DAY };
}

/** Where the shift would be for a pointer that has come to a time. @param {Drag} active @param {number} at @param {HTMLElement} cell @returns {Place} */
function placeFor({ shift, edge, from }, at, cell) {
  const by = at - from.at;
  const { reader, name, starts, ends } = shift;
  if (edge === "start") return { reader, name, starts: Math.min(snapped(starts + by), ends - QUARTER), ends };
  if (edge === "end") return { reader, name, starts, ends: Math.max(snapped(ends + by), starts + QUARTER) };
  const moved = snapped(starts + by);
  return { reader: cell.dataset.reader ?? reader, name: cell.dataset.name ?? name, starts: moved, ends: moved + ends - starts };
}

const ghosts = () => document.querySelectorAll(".shift-ghost, .shift-tip");

function clear() {
  for (const ghost of ghosts()) ghost.remove();
  for (const bar of document.querySelectorAll(".shift.dragged")) bar.classList.remove("dragged");
  for (const cell of document.querySelectorAll("#calendar td.drop-here")) cell.classList.remove("drop-here");
}

/** Draw where it would be; looked up each time, because live updates may have drawn the rows anew. @param {Drag} active @param {number} x @param {number} y */
function draw({ shift, place }, x, y) {
  clear();
  for (const bar of document.querySelectorAll(`#calendar [data-shift="${shift.id}"]`)) bar.classList.add("dragged");
  const cells = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`#calendar td[data-reader="${place.reader}"]`));
  for (const cell of cells) {
    const midnight = startOf(cell);
    const [first, last] = [Math.max(place.starts, midnight), Math.min(place.ends, midnight + DAY)];
    if (first >= last) continue;
    const isWide = (cell.clientWidth * (last - first)) / DAY > WORDS_PIXELS;
    const ghost = makeElement("div", { class: "shift-ghost" }, isWide ? `${clockWords(place.starts)}–${clockWords(place.ends)}` : "");
    ghost.style.left = `${((first - midnight) / DAY) * 100}%`;
    ghost.style.width = `${((last - first) / DAY) * 100}%`;
    cell.classList.add("drop-here");
    cell.append(ghost);
  }
  const words = place.reader === shift.reader ? wordsOf(place) : `${place.name}, ${wordsOf(place)}`;
  const tip = makeElement("div", { class: "shift-tip" }, words);
  (document.querySelector("main") ?? document.body).append(tip);
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.min(x + 14, innerWidth - width - 4)}px`;
  tip.style.top = `${Math.min(y + 16, innerHeight - height - 4)}px`;
}

/** Readers out of sight come nearer while the pointer is at the frame's rim. @param {number} y */
function scrollAt(y) {
  const frame = document.querySelector(".rota-frame");
  if (!frame) return;
  const { top, bottom } = frame.getBoundingClientRect();
  if (y > bottom - SCROLL_EDGE_PIXELS) frame.scrollBy(0, SCROLL_PIXELS);
  else if (y < top + SCROLL_EDGE_PIXELS) frame.scrollBy(0, -SCROLL_PIXELS);
}

/** @param {PointerEvent} event */
function onDown(event) {
  const target = event.target instanceof Element ? event.target : null;
  const bar = /** @type {SVGElement | null | undefined} */ (target?.closest("#calendar .shift[data-shift]"));
  const here = bar && pointed(event.clientX, event.clientY);
  if (!bar || !here || event.button !== 0 || event.pointerType === "touch" || document.querySelector("dialog[open]")) return;
  const { shift: id = "", starts = "", ends = "" } = bar.dataset;
  const { reader = "", name = "" } = here.cell.dataset;
  const shift = { id, name, reader, starts: readClock(starts), ends: readClock(ends) };
  const edge = target?.closest("[data-edge]")?.getAttribute("data-edge") ?? "";
  drag = { shift, edge, from: { x: event.clientX, y: event.clientY, at: here.at }, place: shift, hasMoved: false };
}

/** @param {PointerEvent} event */
function onMove(event) {
  if (!drag) return;
  if (!drag.hasMoved) {
    if (Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) < CLICK_PIXELS) return;
    drag.hasMoved = true;
    document.documentElement.setPointerCapture(event.pointerId);
    document.documentElement.classList.add(drag.edge ? "dragging-edge" : "dragging-shift");
  }
  scrollAt(event.clientY);
  const here = pointed(event.clientX, event.clientY);
  if (here) drag.place = placeFor(drag, here.at, here.cell);
  draw(drag, event.clientX, event.clientY);
}

function end() {
  document.documentElement.classList.remove("dragging-shift", "dragging-edge");
  drag = null;
}

/** The click that follows a drag opens nothing. */
function swallowClick() {
  const swallow = (/** @type {MouseEvent} */ event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
}

function cancel() {
  if (!drag) return;
  const { hasMoved } = drag;
  end();
  clear();
  if (hasMoved) say(gettext("Not moved."));
}

/** @param {(shift: Shift, place: Place) => Promise<void>} drop */
async function onUp(drop) {
  if (isLeft) swallowClick();
  isLeft = false;
  if (!drag) return;
  const { shift, place, hasMoved } = drag;
  end();
  if (!hasMoved) return;
  swallowClick();
  const isSame = place.reader === shift.reader && place.starts === shift.starts && place.ends === shift.ends;
  try {
    if (isSame) say(gettext("Not moved."));
    else await drop(shift, place);
  } catch {
    announce(interpolate(gettext("The shift of %(name)s could not be moved. Is the connection there?"), { name: shift.name }), "overdue");
  } finally {
    if (!drag) clear();
  }
}

/**
 * Let bars be dragged; `drop` is told the shift and where it was let go, times in milliseconds on the calendar's clock.
 * @param {(shift: Shift, place: Place) => Promise<void>} drop
 */
export function startDragging(drop) {
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", () => onUp(drop));
  document.addEventListener("pointercancel", cancel);
  window.addEventListener("blur", cancel);
  window.addEventListener(
    "keydown",
    (event) => {
      if (!drag?.hasMoved) return;
      // Keys of the page wait until the shift is let go.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === "Escape") {
        isLeft = true;
        cancel();
      }
    },
    { capture: true },
  );
}

/** As the server reads it, without a zone. @param {number} time */
export const asClock = (time) => new Date(time).toISOString().slice(0, 16);
