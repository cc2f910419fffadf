/**
 * Clinical and destructive actions are confirmed in words that name the patient:
 * `<button data-confirm="Release DOE^JANE, CT head?" data-confirm-verb="Release">`, on a submit button, a link or an htmx control.
 */

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
        confirmed.add(control);
        control.click();
      }
    },
    { capture: true },
  );
}
