/** The end of a reading that is no signature: sent to an attending, or one of two independent readings. */
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";
import { postJson } from "../../pacs_core/web/assets/requests.js";
import { showAcknowledgements } from "./acknowledge.js";

export class Finishing {
  /**
   * @param {{reportId: number, kind: string, sync: import("./draft_sync.js").DraftSync, checks: import("./checks.js").Checks,
   *   store: import("./draft_store.js").DraftStore, onFinished: () => void}} options
   */
  constructor({ reportId, kind, sync, checks, store, onFinished }) {
    this.url = `/api/reports/${reportId}/finish-reading/`;
    this.kind = kind;
    this.sync = sync;
    this.checks = checks;
    this.store = store;
    this.onFinished = onFinished;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("finish-dialog"));
    this.form = /** @type {HTMLFormElement} */ (this.dialog.querySelector("form"));
    this.fault = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-fault]"));
    this.submit = /** @type {HTMLButtonElement} */ (this.form.querySelector('[type="submit"]'));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  /** @param {string} words */
  #say(words) {
    this.fault.hidden = !words;
    /** @type {HTMLElement} */ (this.fault.querySelector("p")).textContent = words;
  }

  /** @returns {Promise<string>} why it can't be finished now, or "" when the dialog is open */
  async open() {
    if (!(await this.sync.flush())) return gettext("The text is not saved yet, so the reading cannot be finished. It can be as soon as the connection is back.");
    const [first] = this.checks.blocking;
    if (first) {
      this.checks.goTo(this.checks.checks.indexOf(first));
      return interpolate(gettext("Not ready: %(message)s"), { message: first.message });
    }
    this.#say("");
    showAcknowledgements(this.dialog, this.checks.warnings);
    this.form.reset();
    this.dialog.showModal();
    (this.form.querySelector("input") ?? this.submit).focus();
    return "";
  }

  async send() {
    this.submit.disabled = true;
    this.#say("");
    try {
      const acknowledged = new FormData(this.form).getAll("acknowledged");
      const { status, body } = await postJson(this.url, { base_version: this.sync.baseVersion, acknowledged_checks: acknowledged });
      if (status === 200) await this.#onAccepted();
      else {
        if (Array.isArray(body?.checks)) this.checks.show(body.checks);
        this.#say(body?.detail ? String(body.detail) : gettext("The reading was not finished. Nothing was changed; try again."));
      }
    } catch {
      this.#say(gettext("No answer from the server: the reading is not finished. Try again when the connection is back."));
    } finally {
      this.submit.disabled = false;
    }
  }

  async #onAccepted() {
    this.sync.stop();
    await this.store.remove().catch(() => undefined);
    this.dialog.close();
    if (this.kind === "second" || this.kind === "further") {
      location.reload();
      return;
    }
    this.onFinished();
    /** @type {HTMLDialogElement} */ (document.getElementById("finished-dialog")).showModal();
  }
}
