/**
 * The page's end of the channel to the viewer (protocol: pacs_core/web/viewer/extension/README.md). The viewer is a frame beside the
 * text or a window on another screen; when it shows another patient's study than the report's, both are said loudly.
 */
import { gettext } from "../../pacs_core/web/assets/gettext.js";

const CHANNEL = "meridian-viewer";
const WINDOW_NAME = "meridian-viewer";
const ANSWER_MILLISECONDS = 1000;

/** @typedef {{studyInstanceUid: string, priorUids: string[], readingKey: string, viewerUrl: string}} Reading */

/**
 * @param {Reading} reading
 * @param {{shown?: {studyInstanceUid: string}[], studyInstanceUids?: string[]}} message
 * @returns {"same" | "prior" | "other"}
 */
export function compareShown(reading, message) {
  const shown = message.shown?.length ? message.shown.map((image) => image.studyInstanceUid) : (message.studyInstanceUids ?? []);
  if (shown.includes(reading.studyInstanceUid)) return "same";
  return shown.length && shown.every((uid) => reading.priorUids.includes(uid)) ? "prior" : "other";
}

export class ViewerLink {
  /**
   * @param {Reading} reading
   * @param {{frame: HTMLIFrameElement | null, warning: HTMLElement, onMeasurement: (text: string) => void, onWindow: (isSeparate: boolean) => void}} options
   */
  constructor(reading, { frame, warning, onMeasurement, onWindow }) {
    this.reading = reading;
    this.frame = frame;
    this.warning = warning;
    this.onMeasurement = onMeasurement;
    this.onWindow = onWindow;
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => this.#onMessage(data));
    this.answerTimer = 0;
    this.isSeparate = localStorage.getItem("meridian.viewer") === "window";
  }

  /** The frame's viewer has this page's own id, so that another page's frame does not follow it. */
  get frameId() {
    return `frame-${this.reading.readingKey.slice(0, 12)}`;
  }

  get target() {
    return this.isSeparate ? WINDOW_NAME : this.frameId;
  }

  start() {
    this.onWindow(this.isSeparate);
    if (!this.isSeparate) {
      this.#loadFrame();
      return;
    }
    this.show([this.reading.studyInstanceUid]);
    this.answerTimer = window.setTimeout(() => this.#warn(gettext("The viewer's window does not answer. Open it again with the button above.")), ANSWER_MILLISECONDS * 5);
  }

  #loadFrame() {
    if (this.frame && !this.frame.src) this.frame.src = `${this.reading.viewerUrl}&viewer=${this.frameId}`;
  }

  /** @param {string[]} studyInstanceUids @param {string} [hangingProtocolId] */
  show(studyInstanceUids, hangingProtocolId) {
    this.channel.postMessage({ type: "show", studyInstanceUids, readingKey: this.reading.readingKey, hangingProtocolId, target: this.target, requestId: crypto.randomUUID() });
  }

  /** @param {string} uid the prior beside the study */
  compareWith(uid) {
    this.show([this.reading.studyInstanceUid, uid], "@ohif/hpCompare");
  }

  openWindow() {
    const opened = window.open(`${this.reading.viewerUrl}&viewer=${WINDOW_NAME}`, WINDOW_NAME);
    if (!opened) {
      this.#warn(gettext("The browser blocked the viewer's window. Allow pop-up windows for this address."));
      return;
    }
    this.#setSeparate(true);
    this.frame?.removeAttribute("src");
  }

  closeWindow() {
    this.#setSeparate(false);
    this.#loadFrame();
  }

  /** @param {boolean} isSeparate */
  #setSeparate(isSeparate) {
    this.isSeparate = isSeparate;
    localStorage.setItem("meridian.viewer", isSeparate ? "window" : "frame");
    this.#warn("");
    this.onWindow(isSeparate);
  }

  /** @param {any} message */
  #onMessage(message) {
    if (!message || message.viewerId !== this.target) return;
    clearTimeout(this.answerTimer);
    if (message.type === "showing") this.#onShowing(message);
    else if (message.type === "measurement" && message.action === "added" && message.readingKey === this.reading.readingKey) this.onMeasurement(message.measurement?.text ?? "");
    else if (message.type === "signed-out") this.#warn(gettext("The viewer was signed out. Sign in again in a new tab, then choose the study again."));
    else if (message.type === "closed" && this.isSeparate) this.closeWindow();
  }

  /** @param {any} message */
  #onShowing(message) {
    const verdict = compareShown(this.reading, message);
    if (verdict === "same") this.#warn("");
    else if (verdict === "prior") this.#warn(gettext("The viewer shows a prior of this patient, not the study of this report."));
    else this.#warn(gettext("The viewer shows another study than this report. Bring back this study before you write."));
  }

  /** @param {string} words */
  #warn(words) {
    this.warning.hidden = !words;
    /** @type {HTMLElement} */ (this.warning.querySelector("[data-words]")).textContent = words;
  }
}
