/**
 * What was measured in the images, offered to the text: first what the viewer holds and nobody has stored yet, then what is stored with
 * the images. Nothing is put into the text by itself.
 */
import { say } from "../../pacs_core/web/assets/announcements.js";
import { gettext, interpolate, ngettext } from "../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../pacs_core/web/assets/page_data.js";

/** @typedef {{uid: string, tool: string, label: string, text: string, studyInstanceUid: string, sopInstanceUid: string, isStored: boolean}} LiveMeasurement */

export class Measurements {
  /**
   * @param {HTMLElement} pane
   * @param {{studyInstanceUid: string, insert: ((text: string) => void) | null, store: () => Promise<boolean>}} options
   *   insert is null where the text can only be read
   */
  constructor(pane, { studyInstanceUid, insert, store }) {
    this.pane = pane;
    this.studyInstanceUid = studyInstanceUid;
    this.insert = insert;
    this.store = store;
    /** @type {LiveMeasurement[]} */
    this.live = [];
    /** @type {Set<string>} */
    this.inserted = new Set();
    this.isStoring = false;
    this.liveList = this.#part("live-measurements");
    this.storedList = this.#part("stored-measurements");
    this.state = this.#part("measure-state");
    this.storeButton = /** @type {HTMLButtonElement} */ (this.#part("store-measurements"));
    pane.addEventListener("click", (event) => this.#onClick(event));
    this.#show();
  }

  /** @param {string} id @returns {HTMLElement} */
  #part(id) {
    return /** @type {HTMLElement} */ (this.pane.querySelector(`#${id}`));
  }

  /** Those of a prior are offered to the text but stay out of its record. @returns {LiveMeasurement[]} */
  get unstored() {
    return this.live.filter((one) => !one.isStored && one.studyInstanceUid === this.studyInstanceUid);
  }

  /** @param {LiveMeasurement[]} live what the viewer holds now */
  onLive(live) {
    this.live = live;
    const lines = live.filter((one) => !one.isStored && one.text).map((one) => this.#line(one));
    this.liveList.replaceChildren(...lines);
    this.#show();
  }

  /** @param {LiveMeasurement} one */
  #line(one) {
    const words = [one.label || one.tool, one.text].filter(Boolean).join(" ");
    const key = `${one.sopInstanceUid}:${/[\d.]+/.exec(one.text)?.[0] ?? ""}`;
    const where = one.studyInstanceUid === this.studyInstanceUid ? gettext("not stored yet") : gettext("in the prior");
    const button = makeElement("button", { type: "button", class: "measure-line", "data-insert": words, "data-key": key }, makeElement("span", {}, words), makeElement("span", { class: "quiet" }, where));
    return makeElement("li", {}, button);
  }

  /** Fetch what is stored now. */
  async refresh() {
    const answer = await fetch(this.pane.dataset.url ?? "", { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer?.ok) return;
    const parsed = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
    this.storedList.replaceChildren(...(parsed.querySelector("ul")?.children ?? []));
    this.#show();
  }

  /** @returns {Promise<boolean>} whether nothing is left that is not stored */
  async storeAll() {
    if (!this.unstored.length) return true;
    this.isStoring = true;
    this.#show();
    const isDone = await this.store();
    this.isStoring = false;
    if (!isDone) this.#tell(gettext("The measurements could not be stored. They are still in the viewer."), "overdue");
    else this.#tell(gettext("Stored with the images"), "fine");
    this.#show();
    return isDone;
  }

  #show() {
    const unstored = this.unstored.length;
    const lines = this.#lines();
    this.pane.hidden = !lines.length;
    this.storeButton.hidden = !unstored;
    this.storeButton.disabled = this.isStoring;
    for (const line of lines) {
      line.classList.toggle("is-inserted", this.inserted.has(line.dataset.key ?? ""));
      line.disabled = !this.insert;
    }
    if (unstored) this.#tell(interpolate(ngettext("%(count)s not stored", "%(count)s not stored", unstored), { count: unstored }), "soon");
    else if (this.state.dataset.tone === "soon") this.#tell("", "quiet");
  }

  /** @returns {HTMLButtonElement[]} */
  #lines() {
    return [...this.pane.querySelectorAll(".measure-line")].map((line) => /** @type {HTMLButtonElement} */ (line));
  }

  /** @param {string} words @param {string} tone */
  #tell(words, tone) {
    this.state.textContent = words;
    this.state.dataset.tone = tone;
  }

  /** @param {Event} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    const line = /** @type {HTMLButtonElement | null} */ (target?.closest(".measure-line"));
    if (line) this.#insertLine(line);
    else if (target?.closest("#store-measurements")) this.storeAll();
    else if (target?.closest("#next-measurement")) this.#insertNext();
  }

  #insertNext() {
    const next = this.#lines().find((line) => !this.inserted.has(line.dataset.key ?? ""));
    if (next) this.#insertLine(next);
    else say(gettext("All measurements are in the text"));
  }

  /** @param {HTMLButtonElement} line */
  #insertLine(line) {
    const words = line.dataset.insert ?? "";
    this.insert?.(words);
    this.inserted.add(line.dataset.key ?? "");
    this.#show();
    say(interpolate(gettext("Inserted: %(words)s"), { words }));
  }
}
