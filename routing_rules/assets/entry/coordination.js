/** The coordinator's board: the selected study's explanation, and assigning it by key. */
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";
import { drawTimes } from "../../../pacs_core/web/assets/relative_time.js";

const REST_MILLISECONDS = 90;
const pane = /** @type {HTMLElement} */ (document.getElementById("why-pane"));
const button = /** @type {HTMLButtonElement} */ (document.getElementById("assign-button"));
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("assign-dialog"));
let timer = 0;
/** @type {HTMLElement | null} */
let selected = null;

/** @param {string} url */
async function explain(url) {
  try {
    pane.innerHTML = await fetchFragment(url);
    drawTimes(pane);
  } catch {
    pane.setAttribute("data-stale", "");
  }
}

document.addEventListener("meridian:row-selected", (event) => {
  selected = /** @type {CustomEvent} */ (event).detail.row;
  button.disabled = false;
  clearTimeout(timer);
  timer = window.setTimeout(() => explain(selected?.dataset.explanationUrl ?? ""), REST_MILLISECONDS);
});

document.addEventListener("meridian:rows-changed", () => {
  if (selected && !selected.isConnected) {
    selected = null;
    button.disabled = true;
  }
});

button.addEventListener("click", () => {
  if (!selected) return;
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  form.action = selected.dataset.assignUrl ?? "";
  /** @type {HTMLElement} */ (dialog.querySelector("[data-case]")).textContent = selected.dataset.case ?? "";
  dialog.showModal();
  document.getElementById("assign-to")?.focus();
});
