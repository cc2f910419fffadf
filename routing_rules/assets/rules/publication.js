/** The publish dialog: what changes in words comes from the server once it has the draft as it is; why is asked for. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";

/**
 * @param {{urls: {changes: string}, autosave: import("./autosave.js").Autosave, unfinished: () => import("./draft.js").Rule[]}} page
 */
export function preparePublication({ urls, autosave, unfinished }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("publish"));
  const changes = /** @type {HTMLElement} */ (document.getElementById("publish-changes"));
  const verb = /** @type {HTMLButtonElement} */ (document.getElementById("publish-now"));
  const note = /** @type {HTMLInputElement} */ (document.getElementById("publish-note"));
  const number = /** @type {HTMLInputElement} */ (document.getElementById("publish-edit-number"));
  /** @param {string} words */
  const refuse = (words) => changes.replaceChildren(makeElement("p", { class: "m-0" }, words));

  document.getElementById("publish-button")?.addEventListener("click", async () => {
    verb.disabled = true;
    refuse(gettext("Comparing with the rules in force"));
    dialog.showModal();
    note.focus();
    const [first] = unfinished();
    if (first) {
      refuse(interpolate(gettext("“%(name)s” is unfinished. Fill it in or remove it first."), { name: first.name || gettext("No name yet") }));
      return;
    }
    try {
      if (!(await autosave.flush())) throw new Error("not saved");
      changes.innerHTML = await fetchFragment(urls.changes);
      number.value = String(autosave.editNumber);
      verb.disabled = changes.querySelector("[data-blocked]") !== null;
    } catch {
      refuse(gettext("The draft could not be saved, so there is nothing to publish yet."));
    }
  });
  dialog.querySelector("form")?.addEventListener("submit", () => autosave.stop());
}
