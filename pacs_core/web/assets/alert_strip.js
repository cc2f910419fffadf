/**
 * The strip under the top bar: calls, alerts and messages that nobody has acknowledged, one line each, the most urgent first. It lies in the flow,
 * so it covers nothing; more than two collapse to the first. The page moves only while the pointer rests: no row slides from under a click.
 */
import { gettext, interpolate, ngettext } from "./gettext.js";
import { makeElement } from "./page_data.js";
import { tellOutside } from "./outside.js";
import { drawTimes } from "./relative_time.js";

const MOST_LINES = 2;
const REST_MILLISECONDS = 350;
const LONGEST_WAIT_MILLISECONDS = 2000;

/** What a line says, the clock's part left out. @param {HTMLElement} line @returns {string} */
function said(line) {
  const copy = /** @type {HTMLElement} */ (line.cloneNode(true));
  for (const time of copy.querySelectorAll("time")) time.replaceWith(time.dateTime);
  return copy.outerHTML;
}

export class AlertStrip {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.lines = /** @type {HTMLElement} */ (root.querySelector("[data-lines]"));
    this.more = /** @type {HTMLButtonElement} */ (root.querySelector("[data-more]"));
    this.spoken = /** @type {HTMLElement} */ (document.getElementById("spoken-alerts"));
    /** @type {Map<string, string>} what each line says, by its key */
    this.said = new Map();
    this.pointerMovedAt = -Infinity;
    this.timer = 0;
    this.isFirst = true;
  }

  start() {
    for (const name of ["pointermove", "pointerdown", "dragover"]) {
      document.addEventListener(name, () => (this.pointerMovedAt = performance.now()), { capture: true, passive: true });
    }
    this.more.addEventListener("click", () => this.fold(this.more.getAttribute("aria-expanded") === "true"));
  }

  /**
   * @param {HTMLElement[]} fresh the most urgent first
   * @param {boolean} [isOwn] whether the person has just acknowledged one here
   */
  show(fresh, isOwn = false) {
    clearTimeout(this.timer);
    const begun = performance.now();
    const attempt = () => {
      const now = performance.now();
      const rests = now - this.pointerMovedAt >= REST_MILLISECONDS || now - begun >= LONGEST_WAIT_MILLISECONDS;
      if (isOwn || rests || fresh.length === this.said.size) this.draw(fresh);
      else this.timer = window.setTimeout(attempt, REST_MILLISECONDS / 2);
    };
    attempt();
  }

  /** @param {HTMLElement[]} fresh */
  draw(fresh) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    const standing = new Map([...this.lines.children].map((line) => [/** @type {HTMLElement} */ (line).dataset.key ?? "", line]));
    const says = new Map(fresh.map((line) => [line.dataset.key ?? "", said(line)]));
    const added = fresh.filter(({ dataset }) => !standing.has(dataset.key ?? ""));
    // Lines that say what they said stay: a button that is being pressed is not swapped.
    const drawn = [...says].map(([key, words], place) => (this.said.get(key) === words && standing.get(key)) || fresh[place]);
    if (drawn.length !== standing.size || drawn.some((line, place) => line !== this.lines.children[place])) this.lines.replaceChildren(...drawn);
    this.said = says;
    this.root.hidden = drawn.length === 0;
    this.fold(drawn.length <= MOST_LINES || this.more.getAttribute("aria-expanded") !== "true");
    drawTimes(this.lines);
    this.tell(added);
    if (focused && !focused.isConnected) (document.getElementById(focused.id) ?? this.lines.querySelector("[data-notice-url]") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  }

  /** @param {boolean} isFolded */
  fold(isFolded) {
    const hidden = this.lines.children.length > MOST_LINES ? this.lines.children.length - 1 : 0;
    this.more.hidden = hidden === 0;
    this.more.setAttribute("aria-expanded", String(!isFolded));
    this.root.toggleAttribute("data-folded", isFolded && hidden > 0);
    const words = isFolded ? interpolate(ngettext("%(count)s more", "%(count)s more", hidden), { count: hidden }) : gettext("Only the first");
    /** @type {HTMLElement} */ (this.more.querySelector("[data-words]")).textContent = words;
  }

  /** Once each: to a screen reader, and outside of the window. @param {HTMLElement[]} added */
  tell(added) {
    const words = added.map((line) => line.querySelector(".bell-what")?.textContent?.replace(/\s+/g, " ").trim() ?? "");
    if (words.length) this.spoken.replaceChildren(...words.map((text) => makeElement("p", {}, text)));
    if (!this.isFirst) for (const line of added) tellOutside(line.dataset.key ?? "", line.dataset.outsideWords ?? "");
    this.isFirst = false;
  }
}
