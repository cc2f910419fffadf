/** The end of a reading that is no signature: sent to an attending, or one of two independent readings. */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { CompletionDialog } from "./completion_dialog.js";

export class Finishing extends CompletionDialog {
  /** @param {{reportId: number, kind: string, onFinished: () => void} & import("./completion_dialog.js").Draft} options */
  constructor({ reportId, kind, onFinished, ...draft }) {
    super("finish-dialog", `/api/reports/${reportId}/finish-reading/`, draft, {
      unsaved: gettext("The text is not saved yet, so the reading cannot be finished. It can be as soon as the connection is back."),
      blocked: gettext("Not ready: %(message)s"),
      refused: gettext("The reading was not finished. Nothing was changed; try again."),
      unanswered: gettext("No answer from the server: the reading is not finished. Try again when the connection is back."),
    });
    this.kind = kind;
    this.onFinished = onFinished;
  }

  onAccepted() {
    if (this.kind === "second" || this.kind === "further") {
      location.reload();
      return;
    }
    this.onFinished();
    /** @type {HTMLDialogElement} */ (document.getElementById("finished-dialog")).showModal();
  }
}
