/**
 * Text goes to this browser's store with every change and to the server within two seconds, each time with the number of the version
 * it was written on. The same request id is repeated until it is answered, so a lost answer saves nothing twice; another base version
 * is a conflict that a person resolves, never a silent merge.
 */
import { postJson } from "../../pacs_core/web/assets/requests.js";

const PAUSE_MILLISECONDS = 600;
const AT_LATEST_MILLISECONDS = 1800;
const RETRY_MILLISECONDS = 3000;

/** @typedef {import("./editor.js").Sections} Sections */
/** @typedef {{version: number, sections: Sections, saved_by: string, saved_at: string}} OtherVersion */
/** @typedef {"saved" | "typing" | "saving" | "offline" | "conflict" | "refused"} SaveState */

/** @param {Sections} left @param {Sections} right */
export function isSameText(left, right) {
  return Object.keys({ ...left, ...right }).every((name) => (left[name] ?? "") === (right[name] ?? ""));
}

export class DraftSync {
  /**
   * @param {{reportId: number, baseVersion: number, sections: () => Sections, store: import("./draft_store.js").DraftStore,
   *   socket: import("./report_socket.js").ReportSocket, onState: (state: SaveState, detail?: any) => void,
   *   onChecks: (checks: any[]) => void, onConflict: (other: OtherVersion) => void}} options
   */
  constructor({ reportId, baseVersion, sections, store, socket, onState, onChecks, onConflict }) {
    this.url = `/api/reports/${reportId}/draft/`;
    this.baseVersion = baseVersion;
    this.sections = sections;
    this.store = store;
    this.socket = socket;
    this.onState = onState;
    this.onChecks = onChecks;
    this.onConflict = onConflict;
    this.savedSections = sections();
    /** @type {string | undefined} */
    this.savedAt = undefined;
    this.isStopped = false;
    this.firstChangeAt = 0;
    this.timer = 0;
    /** @type {Promise<void> | null} */
    this.sending = null;
    /** @type {{request_id: string, base_version: number, sections: Sections} | null} */
    this.pending = null;
  }

  get isDirty() {
    return this.pending !== null || !isSameText(this.sections(), this.savedSections);
  }

  /** Typing happened. */
  noteChange() {
    if (this.isStopped) return;
    this.store.put(this.baseVersion, this.sections()).catch(() => undefined);
    if (!this.sending) this.onState("typing");
    const now = Date.now();
    this.firstChangeAt ||= now;
    const wait = Math.max(0, Math.min(PAUSE_MILLISECONDS, this.firstChangeAt + AT_LATEST_MILLISECONDS - now));
    this.#schedule(wait);
  }

  /** @param {number} wait */
  #schedule(wait) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), wait);
  }

  /**
   * Send what is not saved yet.
   * @returns {Promise<boolean>} whether the server has everything
   */
  async flush() {
    clearTimeout(this.timer);
    if (this.firstChangeAt && !this.isDirty && !this.isStopped) await this.#noteUnchanged();
    while (this.isDirty && !this.isStopped) {
      this.sending ??= this.#send().finally(() => {
        this.sending = null;
      });
      const before = this.baseVersion;
      await this.sending;
      if (this.baseVersion === before) break;
    }
    return !this.isDirty;
  }

  /** The typing ended in the text that the server has. */
  async #noteUnchanged() {
    this.firstChangeAt = 0;
    await this.store.remove().catch(() => undefined);
    if (!this.isDirty) this.onState("saved", { savedAt: this.savedAt });
  }

  async #send() {
    this.firstChangeAt = 0;
    this.pending ??= { request_id: crypto.randomUUID(), base_version: this.baseVersion, sections: this.sections() };
    this.onState("saving");
    const message = { type: "save", ...this.pending };
    const answer = (await this.socket.ask(message)) ?? (await this.#sendByRest(message));
    if (answer === null) {
      this.onState("offline");
      this.#schedule(RETRY_MILLISECONDS);
    } else if (answer.type === "saved") await this.#onSaved(answer);
    else if (answer.type === "conflict") this.#onConflict(answer);
    else this.#onRefused(answer.reason ?? answer.detail ?? "");
  }

  /** @param {object} message @returns {Promise<any>} */
  async #sendByRest(message) {
    try {
      const { status, body } = await postJson(this.url, message);
      if (status < 300 && typeof body?.version === "number") return { type: "saved", ...body };
      if (status === 409 && body?.sections) return { ...body, type: "conflict" };
      if (status < 300 || status >= 500 || [401, 429].includes(status)) return null;
      return { type: "refused", reason: body?.reason ?? body?.detail ?? String(status) };
    } catch {
      return null;
    }
  }

  /** @param {{version: number, saved_at: string, checks?: any[]}} answer */
  async #onSaved({ version, saved_at: savedAt, checks }) {
    this.savedSections = this.pending?.sections ?? this.savedSections;
    this.pending = null;
    this.baseVersion = version;
    this.savedAt = savedAt;
    if (isSameText(this.sections(), this.savedSections)) {
      await this.store.remove().catch(() => undefined);
      if (checks) this.onChecks(checks);
      this.onState("saved", { savedAt });
    } else {
      await this.store.put(version, this.sections()).catch(() => undefined);
      this.#schedule(PAUSE_MILLISECONDS);
    }
  }

  /** @param {OtherVersion} other */
  #onConflict(other) {
    this.pending = null;
    if (isSameText(other.sections, this.sections())) {
      this.adopt(other.version, other.sections);
      this.onState("saved", { savedAt: other.saved_at });
      return;
    }
    this.isStopped = true;
    this.onState("conflict");
    this.onConflict(other);
  }

  /** @param {string} reason */
  #onRefused(reason) {
    this.pending = null;
    this.isStopped = true;
    this.onState("refused", { reason });
  }

  /** @param {number} version @param {Sections} sections what the server has */
  adopt(version, sections) {
    this.baseVersion = version;
    this.savedSections = sections;
    this.isStopped = false;
  }

  /** Last words when the page goes: the store has them; the server gets them too when it can. */
  sendOnLeave() {
    if (!this.isDirty || this.isStopped) return;
    const message = this.pending ?? { request_id: crypto.randomUUID(), base_version: this.baseVersion, sections: this.sections() };
    postJson(this.url, { type: "save", ...message }, { keepalive: true }).catch(() => undefined);
  }

  stop() {
    clearTimeout(this.timer);
    this.isStopped = true;
  }
}
