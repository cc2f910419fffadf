/** The verification page: is the file in this hand the one that was signed? It is hashed here and never leaves the browser. */
import { compareDigest } from "../file_digest.js";

const digest = /** @type {HTMLElement} */ (document.getElementById("sha256")).textContent?.trim() ?? "";
const place = /** @type {HTMLElement} */ (document.getElementById("compare"));
const input = /** @type {HTMLInputElement} */ (document.getElementById("compare-file"));
const answer = /** @type {HTMLElement} */ (document.getElementById("compare-answer"));
let asked = 0;

/** @param {import("../file_digest.js").Verdict} verdict */
function show(verdict) {
  const isFine = verdict === "same";
  answer.dataset.tone = isFine ? "fine" : "overdue";
  for (const icon of /** @type {NodeListOf<HTMLElement>} */ (answer.querySelectorAll("[data-icon]"))) icon.hidden = icon.dataset.icon !== (isFine ? "fine" : "overdue");
  /** @type {HTMLElement} */ (answer.querySelector("p")).textContent = answer.dataset[verdict] ?? "";
  answer.hidden = false;
}

/** @param {File | null | undefined} file */
async function compare(file) {
  if (!file) return;
  const number = ++asked;
  answer.hidden = true;
  const verdict = await compareDigest(file, digest);
  if (number === asked) show(verdict);
}

input.addEventListener("change", () => compare(input.files?.[0]));
// Dropped anywhere: a file beside the frame would otherwise be opened instead of this page.
addEventListener("dragover", (event) => {
  event.preventDefault();
  place.classList.add("is-target");
});
addEventListener("dragleave", (event) => event.relatedTarget === null && place.classList.remove("is-target"));
addEventListener("drop", (event) => {
  event.preventDefault();
  place.classList.remove("is-target");
  compare(event.dataTransfer?.files[0]);
});
