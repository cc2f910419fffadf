/**
 * The draft goes to the server by itself, each time on the edit number it was read with. Somebody else's edit in between is told and
 * never written over; without a connection the page says since when and tries again.
 */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { postJson } from "../../../pacs_core/web/assets/requests.js";

const REST_MILLISECONDS = 700;
const AGAIN_MILLISECONDS = 4000;

/** @returns {string} */
function clock() {
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(Date.now());
}

export class Autosave {
  /**
   * @param {{url: string, editNumber: number, read: () => {name: string, rules: any[]}, show: (tone: string, words: string) => void, onConflict: (answer: any) => void}} options
   */
  constructor({ url, editNumber, read, show, onConflict }) {
    Object.assign(this, { url, read, show, onConflict });
    this.url = url;
    this.read = read;
    this.show = show;
    this.onConflict = onConflict;
    this.editNumber = editNumber;
    this.timer = 0;
    this.isChanged = false;
    this.isStopped = false;
    this.failedSince = "";
    /** @type {Promise<boolean> | null} */
    this.running = null;
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    window.addEventListener("beforeunload", (event) => {
      if (!this.isChanged || this.isStopped) return;
      this.flush();
      event.preventDefault();
    });
  }

  /** Something was changed. */
  ask() {
    if (this.isStopped) return;
    this.isChanged = true;
    this.show("quiet", this.failedSince ? this.failedWords : gettext("Not saved yet"));
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), REST_MILLISECONDS);
  }

  get failedWords() {
    return interpolate(gettext("Not saved since %(clock)s: no connection"), { clock: this.failedSince });
  }

  /** Somebody has chosen what to do about a conflict by leaving. */
  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** @returns {Promise<boolean>} whether the server has the draft as it is */
  async flush() {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (!this.isChanged || this.isStopped) return !this.isStopped;
    this.running = this.save();
    const isSaved = await this.running;
    this.running = null;
    return isSaved && this.isChanged ? this.flush() : isSaved;
  }

  /** @returns {Promise<boolean>} */
  async save() {
    this.isChanged = false;
    this.show("quiet", gettext("Saving"));
    try {
      const { status, body } = await postJson(this.url, { ...this.read(), edit_number: this.editNumber }, { keepalive: document.hidden });
      return this.answer(status, body);
    } catch {
      return this.fail();
    }
  }

  /** @param {number} status @param {any} body @returns {boolean} */
  answer(status, body) {
    if (status === 200) {
      this.editNumber = body.edit_number;
      this.failedSince = "";
      this.show("fine", interpolate(gettext("Saved %(clock)s"), { clock: clock() }));
      return true;
    }
    if (status === 409 || status === 404) {
      this.stop();
      this.show("overdue", gettext("Not saved"));
      this.onConflict(body ?? {});
      return false;
    }
    if (status === 400) {
      this.show("overdue", body?.words ?? gettext("Not saved"));
      return false;
    }
    return this.fail();
  }

  /** @returns {boolean} */
  fail() {
    this.isChanged = true;
    this.failedSince ||= clock();
    this.show("overdue", this.failedWords);
    this.timer = window.setTimeout(() => this.flush(), AGAIN_MILLISECONDS);
    return false;
  }
}
