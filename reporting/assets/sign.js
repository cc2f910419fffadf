/** Signing: everything saved, identity and meaning shown, warnings confirmed, the password given again; then the next case is there. */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { getJson } from "../../pacs_core/web/assets/requests.js";
import { CompletionDialog } from "./completion_dialog.js";

const POLL_MILLISECONDS = 1500;

export class Signing extends CompletionDialog {
  /** @param {{reportId: number, onSigning: () => void, onFailed: (reason: string) => void} & import("./completion_dialog.js").Draft} options */
  constructor({ reportId, onSigning, onFailed, ...draft }) {
    super("sign-dialog", `/api/reports/${reportId}/sign/`, draft, {
      unsaved: gettext("The text is not saved yet, so it cannot be signed. Signing is possible again as soon as the connection is back."),
      blocked: gettext("Not ready to sign: %(message)s"),
      refused: gettext("The report was not signed. Nothing was changed; try again."),
      unanswered: gettext("No answer from the server: the report is not signed. Try again when the connection is back."),
    });
    this.reportUrl = `/api/reports/${reportId}/`;
    this.onSigning = onSigning;
    this.onFailed = onFailed;
    this.pollTimer = 0;
    this.isWaiting = false;
  }

  /** @returns {HTMLInputElement} */
  get password() {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem("password"));
  }

  /** @param {FormData} fields */
  wishOf(fields) {
    return { password: fields.get("password"), meaning: fields.get("meaning") };
  }

  /** @param {any} body a problem (RFC 9457) */
  onRefused(body) {
    super.onRefused(body);
    this.password.focus();
  }

  onAccepted() {
    this.isWaiting = true;
    this.onSigning();
    this.#poll();
  }

  onAnswered() {
    this.password.value = "";
  }

  /** The socket's notice is faster; this is for when it does not come. */
  #poll() {
    this.pollTimer = window.setTimeout(async () => {
      const { status, body } = await getJson(this.reportUrl).catch(() => ({ status: 0, body: null }));
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
