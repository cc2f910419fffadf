/**
 * Clinical and destructive actions are confirmed in words that name the patient:
 * `<button data-confirm="Release DOE^JANE, CT head?" data-confirm-verb="Release">`, on a submit button, a link or an htmx control.
 */

import { announce } from "./announcements.js";
import { gettext } from "./gettext.js";

/** @type {WeakSet<Element>} */
const confirmed = new WeakSet();

/**
 * @param {string} sentence
 * @param {string} verb the button's word
 * @returns {Promise<boolean>}
 */
export function askConfirmation(sentence, verb) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirmation"));
  const words = /** @type {HTMLElement} */ (dialog.querySelector("[data-sentence]"));
  const button = /** @type {HTMLButtonElement} */ (dialog.querySelector("[data-verb]"));
  words.textContent = sentence;
  button.textContent = verb;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * The control that was asked about, or the one a live update put in its place while the question stood: a button outside the page
 * sends nothing. It is the same one only if it asks the same question and sends to the same address.
 * @param {HTMLElement} control
 * @returns {HTMLElement | undefined}
 */
function standingFor(control) {
  if (control.isConnected) return control;
  const alike = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-confirm]"));
  return [...alike].find((other) => other.dataset.confirm === control.dataset.confirm && addressOf(other) === addressOf(control));
}

/** @param {HTMLElement} control @returns {string} where it sends to, and what a submit button adds */
function addressOf(control) {
  const form = control instanceof HTMLButtonElement ? control.form : null;
  if (form && control instanceof HTMLButtonElement) return `${form.getAttribute("action")} ${control.name}=${control.value}`;
  return control.getAttribute("href") ?? control.getAttribute("hx-post") ?? "";
}

/** Catch clicks before anyone else does, ask, and click again when the answer is yes. */
export function startConfirmations() {
  document.addEventListener(
    "click",
    async (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const control = /** @type {HTMLElement | null} */ (target?.closest("[data-confirm]"));
      if (!control || confirmed.delete(control)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (await askConfirmation(control.dataset.confirm ?? "", control.dataset.confirmVerb ?? control.textContent?.trim() ?? "")) {
        const standing = standingFor(control);
        if (!standing) return announce(gettext("Nothing was done: it changed meanwhile. Look again."), "overdue");
        confirmed.add(standing);
        standing.click();
      }
    },
    { capture: true },
  );
}
