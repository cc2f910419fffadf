/** Ties the parts of the reading page together: editor, store, connection, lock, checks, signing, viewer. */
import { say } from "../../pacs_core/web/assets/announcements.js";
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { readJson } from "../../pacs_core/web/assets/page_data.js";
import { Checks } from "./checks.js";
import { startComparison } from "./comparison.js";
import { resolveConflict } from "./conflict.js";
import { DraftLock } from "./draft_lock.js";
import { DraftStore } from "./draft_store.js";
import { DraftSync, isSameText } from "./draft_sync.js";
import { ReportEditor } from "./editor.js";
import { Finishing } from "./finish.js";
import { showNotice } from "./notices.js";
import { ReadOnlyPage } from "./read_only_page.js";
import { ReportSocket } from "./report_socket.js";
import { SaveStateSign } from "./save_state.js";
import { startSendBack } from "./send_back.js";
import { Signing } from "./sign.js";

/**
 * @typedef {{report_id: number, worklist_item_id: number, user_id: number, draft_version: number, sections: Record<string, string>, macros: import("./macros.js").Macro[],
 *   checks: import("./checks.js").Check[], socket_path: string, read_only: boolean, finishing: string, opens_comparison: boolean}} ReportData
 */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class ReadingPage {
  /** @param {ReportData} data */
  constructor(data) {
    this.data = data;
    this.hosts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-section]")]);
    this.isFrozen = false;
    /** Asked before the report is signed or the reading finished: resolves to why that has to wait, or "". */
    this.beforeEnding = () => Promise.resolve("");
    this.store = new DraftStore(data.user_id, data.report_id);
    this.sign = new SaveStateSign(byId("save-state"), byId("offline-banner"));
    this.notices = byId("report-notices");
    this.editor = new ReportEditor(this.hosts, { sections: data.sections, macros: data.macros, tell: (words) => this.tell(words), onChange: () => this.sync.noteChange() });
    this.checks = new Checks(this.editor, byId("check-list"), byId("check-summary"));
    this.socket = new ReportSocket(data.socket_path, { onNotice: (notice) => this.onNotice(notice), onState: (isOpen) => isOpen && this.sync.flush() });
    this.sync = new DraftSync({
      reportId: data.report_id,
      baseVersion: data.draft_version,
      sections: () => this.editor.sections,
      store: this.store,
      socket: this.socket,
      onState: (state, detail) => this.onState(state, detail),
      onChecks: (checks) => this.checks.show(checks),
      onConflict: (other) => this.onConflict(other),
    });
    this.ending = data.finishing ? this.#finishing(data.finishing) : null;
    this.signing = this.ending ? null : this.#signing();
    this.lock = new DraftLock(data.report_id, (isHeld) => this.onLock(isHeld));
  }

  #signing() {
    return new Signing({
      reportId: this.data.report_id,
      sync: this.sync,
      checks: this.checks,
      store: this.store,
      onSigning: () => this.freeze(gettext("The report is being signed.")),
      onFailed: (reason) => this.onNotice({ event: "ReportSigningFailed", message: reason || gettext("Signing failed; the text is unchanged. Load the page and sign again.") }),
    });
  }

  /** @param {string} kind what this reading ends as, without a signature */
  #finishing(kind) {
    const onFinished = () => this.freeze(gettext("Your reading is finished."));
    return new Finishing({ reportId: this.data.report_id, kind, sync: this.sync, checks: this.checks, store: this.store, onFinished });
  }

  async start() {
    this.checks.show(this.data.checks);
    this.socket.connect();
    this.lock.take();
    addEventListener("online", () => {
      this.socket.connect();
      this.sync.flush();
    });
    addEventListener("pagehide", () => this.sync.sendOnLeave());
    document.addEventListener("meridian:signing-out", (event) => /** @type {CustomEvent} */ (event).detail.waitFor(this.sync.flush()));
    byId("sign-button").addEventListener("click", () => this.openSigning());
    document.getElementById("discard-addendum")?.addEventListener("submit", () => this.forget());
    byId("next-check").addEventListener("click", () => this.checks.goToNext());
    await this.store.removeOthers().catch(() => undefined);
    await this.restore().catch(() => undefined);
    startSendBack(this.data.worklist_item_id, this.sync, () => this.store.remove().catch(() => undefined));
    startComparison(() => this.sync.flush(), this.data.opens_comparison);
  }

  /** Bring back text that was typed here and never reached the server. */
  async restore() {
    const stored = await this.store.get();
    if (!stored) return;
    if (isSameText(stored.sections, this.data.sections)) {
      await this.store.remove();
      return;
    }
    this.editor.sections = stored.sections;
    if (stored.baseVersion !== this.data.draft_version) {
      this.sync.baseVersion = stored.baseVersion;
    } else showNotice(this.notices, { event: "Restored", message: gettext("Text that had not reached the server was brought back from this browser.") });
    await this.sync.flush();
  }

  /** What was typed is given up: nothing may bring it back from this browser. */
  forget() {
    this.sync.stop();
    this.store.remove().catch(() => undefined);
  }

  /** @param {string} words shown in the status line under the text and spoken */
  tell(words) {
    byId("field-state").textContent = words;
    say(words);
  }

  /** @param {import("./draft_sync.js").SaveState} state @param {any} [detail] */
  onState(state, detail) {
    this.sign.show(state, detail);
    if (state === "offline" || state === "saved") byId("sign-button").toggleAttribute("disabled", state === "offline" || this.isFrozen);
    if (state === "refused") this.freeze(detail?.reason || gettext("This report can no longer be changed here."));
  }

  /** @param {import("./draft_sync.js").OtherVersion} other */
  async onConflict(other) {
    const title = (/** @type {string} */ name) => this.hosts.find((host) => host.dataset.section === name)?.dataset.title ?? name;
    const chosen = await resolveConflict(this.editor.sections, other, title);
    this.editor.sections = chosen;
    this.sync.adopt(other.version, other.sections);
    if (!(await this.sync.flush())) return;
    await this.store.remove().catch(() => undefined);
    this.sign.show("saved");
  }

  /** @param {boolean} isHeld */
  onLock(isHeld) {
    if (this.isFrozen) return;
    this.editor.setEditable(isHeld);
    this.notices.querySelector('[data-event="SecondTab"]')?.remove();
    if (isHeld) return;
    const message = gettext("This report is open in another tab, so it can only be read here.");
    showNotice(this.notices, { event: "SecondTab", message }, { label: gettext("Write here instead"), run: () => this.takeOver() });
  }

  /** The other tab may have saved meanwhile: begin from what the server has. */
  takeOver() {
    this.lock.takeOver();
    setTimeout(() => location.reload(), 400);
  }

  /** @param {any} notice */
  onNotice(notice) {
    const { event, message, pdf_url: pdfUrl } = notice;
    if (event === "StudyAnnotated") {
      document.dispatchEvent(new CustomEvent("meridian:annotated"));
      return;
    }
    if (event === "ReportSigned") {
      this.signing?.onSigned(pdfUrl ?? "");
      return;
    }
    if (event === "ReportSigningFailed" && this.signing) this.signing.isWaiting = false;
    const mustReload = ["OrderChanged", "OrderCancelled", "LateImagesArrived", "ReportSigningFailed"].includes(event);
    showNotice(this.notices, { event, message }, mustReload ? { label: gettext("Show it"), run: () => this.sync.flush().then(() => location.reload()) } : undefined);
    if (notice.read_only && !this.isFrozen) this.freeze(message);
  }

  /** @param {string} reason from now on the text is only read */
  freeze(reason) {
    if (this.isFrozen) return;
    this.isFrozen = true;
    this.sync.stop();
    this.editor.setEditable(false);
    byId("sign-button").setAttribute("disabled", "");
    showNotice(this.notices, { event: "ReadOnly", message: reason });
  }

  async openSigning() {
    const reason = (await this.beforeEnding()) || (await (this.ending ?? this.signing)?.open());
    if (reason) showNotice(this.notices, { event: "NotReady", message: reason });
  }
}

/** @returns {ReadingPage | null} null when the report can only be read */
export function startReadingPage() {
  /** @type {ReportData | null} */
  const data = readJson("report-data", null);
  if (!data) return null;
  if (data.read_only) {
    new ReadOnlyPage(data).start();
    startComparison(() => Promise.resolve(), false);
    return null;
  }
  const page = new ReadingPage(data);
  page.start();
  return page;
}
