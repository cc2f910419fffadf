/**
 * The dialog that ends the work on a text, by signing or by finishing a reading: opened once everything is saved and nothing blocks, warnings
 * confirmed, one request, and what was refused said in the dialog.
 */
import { interpolate } from "../../pacs_core/web/assets/gettext.js";
import { postJson } from "../../pacs_core/web/assets/requests.js";
import { showAcknowledgements } from "./acknowledge.js";

/**
 * @typedef {{sync: import("./draft_sync.js").DraftSync, checks: import("./checks.js").Checks, store: import("./draft_store.js").DraftStore}} Draft
 * @typedef {{unsaved: string, blocked: string, refused: string, unanswered: string}} Words blocked has a place for %(message)s
 */

export class CompletionDialog {
  /**
   * @param {string} id
   * @param {string} url that is asked to end the work
   * @param {Draft} draft
   * @param {Words} words
   */
  constructor(id, url, { sync, checks, store }, words) {
    this.url = url;
    this.sync = sync;
    this.checks = checks;
    this.store = store;
    this.words = words;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById(id));
    this.form = /** @type {HTMLFormElement} */ (this.dialog.querySelector("form"));
    this.fault = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-fault]"));
    this.submit = /** @type {HTMLButtonElement} */ (this.form.querySelector('[type="submit"]'));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  /** @param {string} words */
  say(words) {
    this.fault.hidden = !words;
    /** @type {HTMLElement} */ (this.fault.querySelector("p")).textContent = words;
  }

  /** @returns {Promise<string>} why it can't be ended now, or "" when the dialog is open */
  async open() {
    if (!(await this.sync.flush())) return this.words.unsaved;
    const [first] = this.checks.blocking;
    if (first) {
      this.checks.goTo(this.checks.checks.indexOf(first));
      return interpolate(this.words.blocked, { message: first.message });
    }
    this.say("");
    showAcknowledgements(this.dialog, this.checks.warnings);
    this.form.reset();
    this.dialog.showModal();
    (/** @type {HTMLElement | null} */ (this.form.querySelector('input:not([type="hidden"])')) ?? this.submit).focus();
    return "";
  }

  async send() {
    const fields = new FormData(this.form);
    this.submit.disabled = true;
    this.say("");
    try {
      const wish = { base_version: this.sync.baseVersion, acknowledged_checks: fields.getAll("acknowledged"), ...this.wishOf(fields) };
      const { status, body } = await postJson(this.url, wish);
      if (status === 200 || status === 202) await this.#leaveDraft();
      else this.onRefused(body);
    } catch {
      this.say(this.words.unanswered);
    } finally {
      this.submit.disabled = false;
      this.onAnswered();
    }
  }

  async #leaveDraft() {
    this.sync.stop();
    await this.store.remove().catch(() => undefined);
    this.dialog.close();
    this.onAccepted();
  }

  /** What else is asked for. @param {FormData} _fields @returns {Record<string, unknown>} */
  wishOf(_fields) {
    return {};
  }

  /** @param {any} body a problem (RFC 9457) */
  onRefused(body) {
    if (Array.isArray(body?.checks)) this.checks.show(body.checks);
    const words = body?.detail ?? body?.reason ?? body?.title;
    this.say(words ? String(words) : this.words.refused);
  }

  /** The work is ended and the dialog closed. */
  onAccepted() {}

  /** The answer has come, or none. */
  onAnswered() {}
}
