/** An attending gives a case back to its resident, with a remark. */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { postJson } from "../../pacs_core/web/assets/requests.js";

/**
 * @param {number} worklistItemId
 * @param {import("./draft_sync.js").DraftSync} sync what is typed is saved first
 * @param {() => Promise<unknown>} forget
 */
export function startSendBack(worklistItemId, sync, forget) {
  const button = document.getElementById("send-back-button");
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("send-back-dialog"));
  if (!button || !dialog) return;
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const fault = /** @type {HTMLElement} */ (dialog.querySelector("[data-fault]"));
  /** @param {string} words */
  const say = (words) => {
    fault.hidden = !words;
    /** @type {HTMLElement} */ (fault.querySelector("p")).textContent = words;
  };
  button.addEventListener("click", () => {
    say("");
    dialog.showModal();
    form.querySelector("textarea")?.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    if (!(await sync.flush())) {
      say(gettext("The text is not saved yet. Send it back as soon as the connection is there again."));
      return;
    }
    const remark = new FormData(form).get("remark");
    const { status, body } = await postJson(`/api/worklist-items/${worklistItemId}/send-back/`, { remark }).catch(() => ({ status: 0, body: null }));
    if (status !== 200) {
      say(body?.detail ? String(body.detail) : gettext("Not sent back. Nothing was changed; try again."));
      return;
    }
    sync.stop();
    await forget();
    location.assign("/worklist/");
  });
}
