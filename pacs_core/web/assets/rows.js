/**
 * Live rows of `<table data-rows data-rows-url data-rows-id="worklist_item_id" data-rows-filter>`: fetch the changed rows' HTML once through the ordinary
 * view (so the server decides what may be seen), replace them by data-key, keep focus, selection and scroll.
 */
import { readMeta } from "./page_data.js";
import { fetchFragment } from "./requests.js";

/**
 * Compare two data-order values, numbers from the most important to the least: "1|1732466400|15".
 * @param {string} left
 * @param {string} right
 * @returns {number}
 */
export function compareOrder(left, right) {
  const [leftParts, rightParts] = [left.split("|").map(Number), right.split("|").map(Number)];
  for (let index = 0; index < leftParts.length; index += 1) {
    const difference = leftParts[index] - (rightParts[index] ?? 0);
    if (difference) return difference;
  }
  return 0;
}

/** @param {string} html @returns {Map<string, HTMLTableRowElement>} */
function parseRows(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const rows = /** @type {HTMLTableRowElement[]} */ ([...template.content.querySelectorAll("tr[data-key]")]);
  return new Map(rows.map((row) => [row.dataset.key ?? "", row]));
}

/** @param {HTMLTableSectionElement} body @param {HTMLTableRowElement} row */
function insertInOrder(body, row) {
  const order = row.dataset.order ?? "";
  const rows = /** @type {HTMLTableRowElement[]} */ ([...body.rows]);
  const next = rows.find((other) => other !== row && other.dataset.order !== undefined && compareOrder(other.dataset.order, order) > 0);
  if (next) next.before(row);
  else body.append(row);
}

/**
 * Change the old row into the new one in place, so that focus stays.
 * @param {HTMLTableRowElement} old
 * @param {HTMLTableRowElement} fresh
 * @returns {boolean} whether anything differs
 */
function replaceContent(old, fresh) {
  fresh.tabIndex = old.tabIndex;
  fresh.setAttribute("aria-selected", old.getAttribute("aria-selected") ?? "false");
  const wasMarked = old.classList.contains("changed");
  old.classList.remove("changed");
  if (old.dataset.version !== undefined && old.dataset.version === fresh.dataset.version) return wasMarked;
  for (const { name, value } of [...fresh.attributes]) old.setAttribute(name, value);
  old.replaceChildren(...fresh.childNodes);
  return true;
}

/** @param {HTMLTableRowElement} row */
function markChanged(row) {
  row.classList.remove("changed");
  void row.offsetWidth;
  row.classList.add("changed");
}

/** @param {HTMLTableRowElement} row leave the list without losing the reader's place */
function removeRow(row) {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  const wasCurrent = row.tabIndex === 0;
  row.remove();
  if (!(neighbour instanceof HTMLElement)) return;
  if (wasCurrent) neighbour.tabIndex = 0;
  if (hadFocus) neighbour.focus({ preventScroll: true });
}

/**
 * @param {HTMLTableElement} table
 * @param {string[] | null} asked the keys that were asked for; null when the whole view was fetched
 * @param {string} html
 */
export function applyRows(table, asked, html) {
  const body = table.tBodies[0];
  const fresh = parseRows(html);
  const frame = table.closest(".table-frame");
  const scroll = frame?.scrollTop ?? 0;
  const gone = /** @type {HTMLTableRowElement[]} */ ([...body.rows]).filter(({ dataset }) => {
    const isAsked = asked === null || asked.includes(dataset.key ?? "");
    return dataset.key !== undefined && isAsked && !fresh.has(dataset.key);
  });
  gone.forEach(removeRow);
  for (const [key, row] of fresh) {
    const old = /** @type {HTMLTableRowElement | null} */ (body.querySelector(`tr[data-key="${CSS.escape(key)}"]`));
    if (!old) {
      insertInOrder(body, row);
      if (asked !== null) markChanged(row);
      continue;
    }
    const isMoved = old.dataset.order !== row.dataset.order;
    const isChanged = replaceContent(old, row);
    if (isMoved && !old.contains(document.activeElement)) insertInOrder(body, old);
    if (isChanged && asked !== null) markChanged(old);
  }
  if (frame) frame.scrollTop = scroll;
  document.getElementById(table.dataset.emptyState ?? "")?.toggleAttribute("hidden", body.rows.length > 0);
  document.dispatchEvent(new CustomEvent("meridian:rows-changed", { detail: { table, keys: [...fresh.keys()], removed: gone.map((row) => row.dataset.key) } }));
}

/**
 * Fetch rows narrowed down as the table is: by its data-rows-filter in a body, since a search may name a patient; else by the address.
 * @param {HTMLTableElement} table
 * @param {string[] | null} asked
 * @returns {Promise<string>}
 */
function fetchRows(table, asked) {
  const { rowsUrl = "", rowsFilter } = table.dataset;
  const values = new URLSearchParams(rowsFilter === undefined ? location.search : JSON.parse(rowsFilter));
  if (asked) values.set("ids", asked.join(","));
  if (rowsFilter !== undefined) return fetchFragment(rowsUrl, { method: "POST", headers: { "X-CSRFToken": readMeta("csrf-token") }, body: values });
  const url = new URL(rowsUrl, location.href);
  for (const [name, value] of values) url.searchParams.append(name, value);
  return fetchFragment(url.href);
}

/** One request at a time; what arrives meanwhile waits for the next. */
class RowFetcher {
  constructor() {
    /** @type {Set<string>} */
    this.waiting = new Set();
    this.isWhole = false;
    this.isBusy = false;
  }

  /** @returns {HTMLTableElement | null} looked up each time: htmx may have replaced it */
  get table() {
    return document.querySelector("table[data-rows-url]");
  }

  async run() {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      while (this.table && (this.isWhole || this.waiting.size)) await this.fetchOnce(this.table);
    } catch {
      setTimeout(() => this.askWhole(), 3000);
    } finally {
      this.isBusy = false;
    }
  }

  /** @param {HTMLTableElement} table */
  async fetchOnce(table) {
    const asked = this.isWhole ? null : [...this.waiting];
    this.isWhole = false;
    this.waiting.clear();
    const html = await fetchRows(table, asked);
    if (table.isConnected) applyRows(table, asked, html);
  }

  askWhole() {
    this.isWhole = true;
    this.run();
  }

  /** @param {any[]} hints */
  askFor(hints) {
    const name = this.table?.dataset.rowsId ?? "worklist_item_id";
    for (const { ids } of hints) if (ids?.[name] !== undefined) this.waiting.add(String(ids[name]));
    if (this.waiting.size) this.run();
  }
}

export function startRows() {
  const fetcher = new RowFetcher();
  document.addEventListener("meridian:hints", (event) => fetcher.askFor(/** @type {CustomEvent} */ (event).detail.hints));
  document.addEventListener("meridian:refetch", () => fetcher.askWhole());
}
