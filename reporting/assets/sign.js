/** Signing: everything saved, identity and meaning shown, warnings confirmed, the password given again; then the next case is there. */
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";
import { getJson, postJson } from "../../pacs_core/web/assets/requests.js";
import { showAcknowledgements } from "./acknowledge.js";

const POLL_MILLISECONDS = 1500;

export class Signing {
  /**
   * @param {{reportId: number, sync: import("./draft_sync.js").DraftSync, checks: import("./checks.js").Checks,
   *   store: import("./draft_store.js").DraftStore, onSigning: () => void, onFailed: (reason: string) => void}} options
   */
  constructor({ reportId, sync, checks, store, onSigning, onFailed }) {
    this.url = `/api/reports/${reportId}/`;
    this.sync = sync;
    this.checks = checks;
    this.store = store;
    this.onSigning = onSigning;
    this.onFailed = onFailed;
    this.pollTimer = 0;
    this.isWaiting = false;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sign-dialog"));
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

  /** @returns {Promise<string>} why it can't be signed now, or "" when the dialog is open */
  async open() {
    if (!(await this.sync.flush())) return gettext("The text is not saved yet, so it cannot be signed. Signing is possible again as soon as the connection is back.");
    const [first] = this.checks.blocking;
    if (first) {
      this.checks.goTo(this.checks.checks.indexOf(first));
      return interpolate(gettext("Not ready to sign: %(message)s"), { message: first.message });
    }
    this.#say("");
    showAcknowledgements(this.dialog, this.checks.warnings);
    this.form.reset();
    this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.form.querySelector('input:not([type="hidden"])'))?.focus();
    return "";
  }

  async send() {
    const fields = new FormData(this.form);
    this.submit.disabled = true;
    this.#say("");
    try {
      const { status, body } = await postJson(`${this.url}sign/`, {
        password: fields.get("password"),
        base_version: this.sync.baseVersion,
        meaning: fields.get("meaning"),
        acknowledged_checks: fields.getAll("acknowledged"),
      });
      if (status === 200 || status === 202) await this.#onAccepted();
      else this.#onRefused(body);
    } catch {
      this.#say(gettext("No answer from the server: the report is not signed. Try again when the connection is back."));
    } finally {
      this.submit.disabled = false;
      /** @type {HTMLInputElement} */ (this.form.elements.namedItem("password")).value = "";
    }
  }

  /** @param {any} body a problem (RFC 9457) */
  #onRefused(body) {
    if (Array.isArray(body?.checks)) this.checks.show(body.checks);
    const words = body?.detail ?? body?.reason ?? body?.title;
    this.#say(words ? String(words) : gettext("The report was not signed. Nothing was changed; try again."));
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("password")).focus();
  }

  async #onAccepted() {
    this.sync.stop();
    await this.store.remove().catch(() => undefined);
    this.dialog.close();
    this.isWaiting = true;
    this.onSigning();
    this.#poll();
  }

  /** The socket's notice is faster; this is for when it does not come. */
  #poll() {
    this.pollTimer = window.setTimeout(async () => {
      const { status, body } = await getJson(this.url).catch(() => ({ status: 0, body: null }));
      if (!this.isWaiting) return;
      if (status === 200 && body?.status === "signed") this.onSigned(body.pdf_url ?? body.latest_version?.pdf_url ?? "");
      else if (status === 200 && body?.status === "draft") this.onSigningFailed(body.failure ?? "");
      else this.#poll();
    }, POLL_MILLISECONDS);
  }

  /** @param {string} pdfUrl */
  onSigned(pdfUrl) {
    this.isWaiting = false;
    clearTimeout(this.pollTimer);
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("signed-dialog"));
    const link = /** @type {HTMLAnchorElement | null} */ (dialog.querySelector("[data-pdf]"));
    if (link) {
      link.hidden = !pdfUrl;
      if (pdfUrl) link.href = pdfUrl;
    }
    if (!dialog.open) dialog.showModal();
  }

  /** @param {string} reason */
  onSigningFailed(reason) {
    this.isWaiting = false;
    clearTimeout(this.pollTimer);
    this.onFailed(reason);
  }
}
