/** The rules in their order, one card each: name, sentence, how many examinations it takes, what was found wrong. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { say } from "../../../pacs_core/web/assets/announcements.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./draft.js").Rule} Rule */
/** @typedef {{words: string, now: number, recent: number}} RulePreview */
/** @typedef {{tone: string, label: string, words: string}} Finding */

export class RuleList {
  /**
   * @param {HTMLElement} element an ol
   * @param {Draft} draft
   * @param {{preview: (rule: Rule) => RulePreview | undefined, findings: (rule: Rule) => Finding[], open: () => void, remove: () => void}} page
   */
  constructor(element, draft, page) {
    this.element = element;
    this.draft = draft;
    this.page = page;
    draft.addEventListener("structure", () => this.draw());
    draft.addEventListener("selection", () => this.draw());
    draft.addEventListener("content", () => this.draw());
    element.addEventListener("click", (event) => this.onClick(event));
    element.addEventListener("dblclick", () => this.page.open());
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  draw() {
    const hadFocus = this.element.contains(document.activeElement);
    const scroll = this.element.scrollTop;
    const most = Math.max(1, ...this.draft.rules.map((rule) => this.page.preview(rule)?.recent ?? 0));
    this.element.replaceChildren(...this.draft.rules.map((rule, index) => this.card(rule, index, most)));
    this.element.scrollTop = scroll;
    if (hadFocus) this.focus();
    this.current?.scrollIntoView({ block: "nearest" });
  }

  /** @returns {HTMLElement | null} */
  get current() {
    return this.element.querySelector('[aria-selected="true"]');
  }

  focus() {
    this.current?.focus({ preventScroll: true });
  }

  /** @param {Rule} rule @param {number} index @param {number} most @returns {HTMLElement} */
  card(rule, index, most) {
    const isSelected = rule === this.draft.selected;
    const preview = this.page.preview(rule);
    const name = rule.name.trim() || gettext("No name yet");
    const number = this.draft.isDefault(rule) ? makeElement("span", { class: "number", title: gettext("The default: it takes what is left") }, makeIcon("down")) : makeElement("span", { class: "number figures" }, String(index + 1));
    const head = makeElement("div", { class: "card-head" }, makeElement("strong", {}, name));
    if (!rule.stop && !this.draft.isDefault(rule)) head.append(makeElement("span", { class: "quiet goes-on" }, gettext("goes on")));
    const body = makeElement("div", { class: "card-body" }, head, makeElement("p", { class: "sentence" }, preview?.words ?? ""), ...this.page.findings(rule).map((finding) => this.badge(finding)));
    const attributes = { role: "option", "data-key": String(rule.key), "aria-selected": String(isSelected), tabindex: isSelected ? "0" : "-1", class: "rule-card" };
    return makeElement("li", attributes, number, body, this.figures(preview, most));
  }

  /** @param {RulePreview | undefined} preview @param {number} most @returns {HTMLElement} */
  figures(preview, most) {
    if (!preview) return makeElement("div", { class: "card-figures quiet" }, "–");
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    bar.setAttribute("viewBox", "0 0 100 4");
    bar.setAttribute("preserveAspectRatio", "none");
    bar.setAttribute("class", "share-bar");
    bar.setAttribute("aria-hidden", "true");
    for (const [name, width] of [["track", 100], ["part", (100 * preview.recent) / most]]) {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", String(name));
      rect.setAttribute("width", String(width));
      rect.setAttribute("height", "4");
      bar.append(rect);
    }
    const now = makeElement("span", { class: "now" }, makeElement("b", { class: "tabular" }, String(preview.now)), ` ${gettext("now")}`);
    const recent = makeElement("span", { class: "quiet tabular" }, interpolate(gettext("%(count)s in 30 d"), { count: preview.recent }));
    return makeElement("div", { class: "card-figures" }, now, recent, bar);
  }

  /** @param {Finding} finding @returns {HTMLElement} */
  badge({ tone, label, words }) {
    return makeElement("span", { class: "badge-line", "data-tone": tone, title: words }, makeIcon(tone === "overdue" ? "overdue" : "soon"), label);
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const card = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-key]"));
    if (!card) return;
    this.draft.select(Number(card.dataset.key));
    this.focus();
  }

  /** @param {number} target */
  go(target) {
    const rule = this.draft.rules[Math.max(0, Math.min(target, this.draft.rules.length - 1))];
    this.draft.select(rule.key);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (event.ctrlKey || event.metaKey) return;
    if (step && event.altKey) this.move(step);
    else if (step) this.go(this.draft.position + step);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.draft.rules.length - 1);
    else if (event.key === "Enter" && !event.altKey) this.page.open();
    else if (event.key === "Delete") this.page.remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} step */
  move(step) {
    if (!this.draft.move(step)) return;
    say(interpolate(gettext("%(name)s is rule %(number)s now."), { name: this.draft.selected.name, number: this.draft.position + 1 }));
  }
}
