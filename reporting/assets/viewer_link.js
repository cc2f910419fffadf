/**
 * The page's end of the channel to the viewer (protocol: pacs_core/web/viewer/extension/README.md). The viewer is a frame beside the
 * text or a window on another screen; when it shows another patient's study than the report's, both are said loudly.
 */
import { gettext } from "../../pacs_core/web/assets/gettext.js";

const CHANNEL = "meridian-viewer";
const WINDOW_NAME = "meridian-viewer";
const ANSWER_MILLISECONDS = 1000;
const STORE_MILLISECONDS = 20_000;

const SIDE_BY_SIDE = "@meridian/side-by-side";
const STORED_SIDE_BY_SIDE = "meridian.side-by-side";

/**
 * @typedef {{studyInstanceUid: string, priorUids: string[], readingKey: string, viewerUrl: string, priorBeside: string, sideBySideUrl: string,
 *   observerName: string}} Reading
 *   priorBeside is the prior that opens beside the study, or empty
 */

/**
 * @param {Reading} reading
 * @param {{shown?: {studyInstanceUid: string}[], studyInstanceUids?: string[]}} message
 * @returns {"same" | "prior" | "other"}
 */
export function compareShown(reading, message) {
  const shown = message.shown?.length ? message.shown.map((image) => image.studyInstanceUid) : (message.studyInstanceUids ?? []);
  const isOfPatient = shown.every((uid) => uid === reading.studyInstanceUid || reading.priorUids.includes(uid));
  if (!shown.length || !isOfPatient) return "other";
  return shown.includes(reading.studyInstanceUid) ? "same" : "prior";
}

export class ViewerLink {
  /**
   * @param {Reading} reading
   * @param {{frame: HTMLIFrameElement | null, warning: HTMLElement, onMeasurements: (measurements: import("./measurements.js").LiveMeasurement[]) => void,
   *   onKey: (key: string) => void, onWindow: (isSeparate: boolean) => void,
   *   onShown: () => void}} options onShown: the report's study is on the screen; onKey gets a key of this page that was pressed in the viewer
   */
  constructor(reading, { frame, warning, onMeasurements, onKey, onWindow, onShown }) {
    this.reading = reading;
    this.frame = frame;
    this.warning = warning;
    this.onMeasurements = onMeasurements;
    this.onKey = onKey;
    this.onShown = onShown;
    this.onWindow = onWindow;
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => this.#onMessage(data));
    this.answerTimer = 0;
    /** @type {Map<string, (isStored: boolean) => void>} */
    this.waitingForStore = new Map();
    /** @type {((image: any) => void) | null} */
    this.waitingForImage = null;
    this.isSeparate = localStorage.getItem("meridian.viewer") === "window";
    this.isSideBySide = localStorage.getItem(STORED_SIDE_BY_SIDE) !== "off";
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
    this.showReading();
    this.answerTimer = window.setTimeout(() => this.#warn(gettext("The viewer's window does not answer. Open it again with the button above.")), ANSWER_MILLISECONDS * 5);
  }

  /** The address that opens as this reader last wished: with the prior beside the study, or without. */
  get #address() {
    return this.isSideBySide && this.reading.sideBySideUrl ? this.reading.sideBySideUrl : this.reading.viewerUrl;
  }

  #loadFrame() {
    if (this.frame && !this.frame.src) this.frame.src = `${this.#address}&viewer=${this.frameId}`;
  }

  /** Bring back the study of this report, with its prior where that is wished. */
  showReading() {
    if (this.isSideBySide && this.reading.priorBeside) this.compareWith(this.reading.priorBeside);
    else this.show([this.reading.studyInstanceUid]);
  }

  /** @returns {boolean} whether the prior is beside the study from now on, also of the next cases */
  switchSideBySide() {
    this.isSideBySide = !this.isSideBySide;
    localStorage.setItem(STORED_SIDE_BY_SIDE, this.isSideBySide ? "on" : "off");
    this.showReading();
    return this.isSideBySide;
  }

  /** @param {string[]} studyInstanceUids @param {string} [hangingProtocolId] */
  show(studyInstanceUids, hangingProtocolId) {
    this.channel.postMessage({ type: "show", studyInstanceUids, readingKey: this.reading.readingKey, hangingProtocolId, target: this.target, requestId: crypto.randomUUID() });
  }

  /** @param {string} uid the prior beside the study */
  compareWith(uid) {
    this.show([this.reading.studyInstanceUid, uid], SIDE_BY_SIDE);
  }

  /** Store what was measured in the report's study. @returns {Promise<boolean>} whether the viewer says that it is stored */
  saveMeasurements() {
    const requestId = crypto.randomUUID();
    const { studyInstanceUid, observerName } = this.reading;
    return new Promise((resolve) => {
      const answer = (/** @type {boolean} */ isStored) => {
        this.waitingForStore.delete(requestId);
        resolve(isStored);
      };
      this.waitingForStore.set(requestId, answer);
      setTimeout(() => answer(false), STORE_MILLISECONDS);
      this.channel.postMessage({ type: "save-measurements", studyInstanceUid, observerName, target: this.target, requestId });
    });
  }

  /**
   * Ask which image the reader looks at.
   * @returns {Promise<{studyInstanceUid: string, sopInstanceUid: string | null, frameNumber: number | null} | null>} null when no viewer answers
   */
  activeImage() {
    return new Promise((resolve) => {
      this.waitingForImage = resolve;
      setTimeout(() => resolve(null), ANSWER_MILLISECONDS);
      this.channel.postMessage({ type: "ask", target: this.target });
    });
  }

  openWindow() {
    const opened = window.open(`${this.#address}&viewer=${WINDOW_NAME}`, WINDOW_NAME);
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
    else if (message.type === "measurements" && message.readingKey === this.reading.readingKey) this.onMeasurements(message.measurements);
    else if (message.type === "measurements-saved" || message.type === "measurements-not-saved") this.waitingForStore.get(message.requestId)?.(message.type === "measurements-saved");
    else if (message.type === "key") this.onKey(String(message.key));
    else if (message.type === "signed-out") this.#warn(gettext("The viewer was signed out. Sign in again in a new tab, then choose the study again."));
    else if (message.type === "closed" && this.isSeparate) this.closeWindow();
  }

  /** @param {any} message */
  #onShowing(message) {
    this.waitingForImage?.(message.shown?.find((/** @type {any} */ image) => image.isActive) ?? null);
    const verdict = compareShown(this.reading, message);
    if (verdict === "same") {
      this.#warn("");
      if (message.shown?.length) this.onShown();
    } else if (verdict === "prior") this.#warn(gettext("The viewer shows a prior of this patient, not the study of this report."));
    else this.#warn(gettext("The viewer shows another study than this report. Bring back this study before you write."));
  }

  /** @param {string} words */
  #warn(words) {
    this.warning.hidden = !words;
    /** @type {HTMLElement} */ (this.warning.querySelector("[data-words]")).textContent = words;
  }
}
