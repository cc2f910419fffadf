/**
 * Keyed rows that follow the server's order: a row that has not changed is left alone, the focused one keeps its place, selection and
 * ticks stay. Rows carry data-key and data-version.
 */

/** @param {HTMLTableSectionElement} body @returns {HTMLTableRowElement[]} */
function rowsOf(body) {
  return /** @type {HTMLTableRowElement[]} */ ([...body.rows]);
}

/**
 * Change an old row into the new one in place.
 * @param {HTMLTableRowElement} old
 * @param {HTMLTableRowElement} fresh
 */
function become(old, fresh) {
  const isMarked = old.dataset.itemVersion !== undefined && old.dataset.itemVersion !== fresh.dataset.itemVersion;
  const kept = { tabIndex: old.tabIndex, selected: old.getAttribute("aria-selected") ?? "false", isTicked: old.hasAttribute("data-ticked") };
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) old.setAttribute(name, value);
  old.replaceChildren(...fresh.childNodes);
  old.tabIndex = kept.tabIndex;
  old.setAttribute("aria-selected", kept.selected);
  old.toggleAttribute("data-ticked", kept.isTicked);
  const box = /** @type {HTMLInputElement | null} */ (old.querySelector('input[type="checkbox"]'));
  if (box) box.checked = kept.isTicked;
  old.classList.toggle("changed", isMarked);
}

/**
 * Put the rows into this order without moving the focused one, which would lose its focus.
 * @param {HTMLTableSectionElement} body
 * @param {HTMLTableRowElement[]} wanted
 */
function putInOrder(body, wanted) {
  const focused = /** @type {HTMLTableRowElement | null} */ (document.activeElement?.closest("tr") ?? null);
  let order = wanted;
  if (focused && focused.parentElement === body) {
    const at = rowsOf(body).indexOf(focused);
    order = wanted.filter((row) => row !== focused);
    order.splice(Math.min(at, order.length), 0, focused);
  }
  let cursor = body.firstElementChild;
  for (const row of order) {
    while (row === focused && cursor && cursor !== focused) {
      const passed = cursor;
      cursor = cursor.nextElementSibling;
      body.append(passed);
    }
    if (row === cursor) cursor = cursor.nextElementSibling;
    else body.insertBefore(row, cursor);
  }
}

/** Leave the list without losing the place. @param {HTMLTableRowElement} row */
function removeRow(row) {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  const wasCurrent = row.tabIndex === 0;
  row.remove();
  if (!(neighbour instanceof HTMLElement)) return;
  if (wasCurrent) neighbour.tabIndex = 0;
  if (hadFocus) neighbour.focus({ preventScroll: true });
}

/** Say which rows are here, each with its version: "7.1f0a,9.33c2". @param {HTMLTableElement} table @returns {string} */
export function knownRows(table) {
  return rowsOf(table.tBodies[0]).map(({ dataset }) => `${dataset.key}.${dataset.version}`).join(",");
}

/**
 * @param {HTMLTableElement} table
 * @param {HTMLTableSectionElement} fresh the rows as the server has them now
 */
export function applyTable(table, fresh) {
  const body = table.tBodies[0];
  const frame = table.closest(".table-frame");
  const scroll = frame?.scrollTop ?? 0;
  const old = new Map(rowsOf(body).map((row) => [row.dataset.key, row]));
  const arriving = rowsOf(fresh);
  const keys = new Set(arriving.map((row) => row.dataset.key));
  for (const [key, row] of old) if (!keys.has(key)) removeRow(row);
  const wanted = arriving.flatMap((row) => {
    const known = old.get(row.dataset.key);
    // Without cells: the server was told that this row is here as it is.
    if (!known) return row.cells.length ? [row] : [];
    if (row.cells.length && known.dataset.version !== row.dataset.version) become(known, row);
    return [known];
  });
  putInOrder(body, wanted);
  if (frame) frame.scrollTop = scroll;
  document.dispatchEvent(new CustomEvent("meridian:rows-changed", { detail: { table, keys: [...keys], removed: [] } }));
}
