/** Studies are dragged to a reader; what is ticked goes along when one of it is dragged. */

/**
 * @param {HTMLTableElement} items
 * @param {HTMLTableElement} readers
 * @param {() => HTMLTableRowElement[]} ticked
 * @param {(ids: number[], readerId: number) => void} drop
 */
export function startDragging(items, readers, ticked, drop) {
  /** @type {number[]} */
  let dragged = [];
  const readerRow = (/** @type {Event} */ event) => (event.target instanceof Element ? /** @type {HTMLTableRowElement | null} */ (event.target.closest("tr[data-key]")) : null);
  const mark = (/** @type {HTMLTableRowElement | null} */ row) => {
    for (const other of readers.querySelectorAll("tr.drop-here")) if (other !== row) other.classList.remove("drop-here");
    row?.classList.add("drop-here");
  };
  items.addEventListener("dragstart", (event) => {
    const row = readerRow(event);
    if (!row || !event.dataTransfer) return;
    const rows = row.hasAttribute("data-ticked") ? ticked() : [row];
    dragged = rows.map((one) => Number(one.dataset.key));
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.join(","));
  });
  items.addEventListener("dragend", () => {
    dragged = [];
    mark(null);
  });
  readers.addEventListener("dragover", (event) => {
    if (!dragged.length || !readerRow(event)) return;
    event.preventDefault();
    mark(readerRow(event));
  });
  readers.addEventListener("dragleave", (event) => {
    if (!readers.contains(/** @type {Node | null} */ (event.relatedTarget))) mark(null);
  });
  readers.addEventListener("drop", (event) => {
    const row = readerRow(event);
    if (!row || !dragged.length) return;
    event.preventDefault();
    mark(null);
    drop(dragged, Number(row.dataset.key));
  });
}
