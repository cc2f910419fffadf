/**
 * A form in a dialog: `<button data-form-dialog="/address/">` fetches it, it is sent in the background, and an answer with data-done closes the
 * dialog and says so. An answer without is the form again, with what is wrong.
 */
import { announce } from "./announcements.js";
import { gettext } from "./gettext.js";
import { fetchFragment } from "./requests.js";

/** @param {HTMLDialogElement} dialog @param {string} html */
function show(dialog, html) {
  dialog.innerHTML = html;
  const done = dialog.querySelector("[data-done]");
  if (done) {
    dialog.close();
    announce(done.textContent ?? "", "fine");
    return;
  }
  if (!dialog.open) dialog.showModal();
  const wrong = dialog.querySelector('[aria-invalid="true"]');
  const empty = /** @type {HTMLInputElement[]} */ ([...dialog.querySelectorAll("select, textarea, input:not([type=hidden])")]).find(({ value }) => !value);
  /** @type {HTMLElement | null | undefined} */ (wrong ?? empty)?.focus();
}

/** @param {HTMLDialogElement} dialog @param {HTMLFormElement} form */
async function send(dialog, form) {
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector('button[type="submit"]'));
  if (button) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    show(dialog, await answer.text());
  } catch {
    announce(gettext("Not sent: the server does not answer. What you wrote is still here; send it again."), "overdue");
  } finally {
    if (button) button.disabled = false;
  }
}

export function startFormDialogs() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("form-dialog"));
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const opener = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-form-dialog]")) : null;
    if (!opener) return;
    fetchFragment(opener.dataset.formDialog ?? "").then(
      (html) => show(dialog, html),
      () => announce(gettext("This cannot be opened now. Try again."), "overdue"),
    );
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    send(dialog, /** @type {HTMLFormElement} */ (event.target));
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dialog.querySelector("form")?.requestSubmit();
    }
  });
}
