/** A text field over a vocabulary: the list narrows down while one types (ARIA combobox with a listbox). What picking does is the heirs' affair. */
import { gettext } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { matchScore } from "../../../pacs_core/web/assets/command_palette.js";

/** @typedef {{value: any, label: string, note?: string, group?: string}} Choice */
/** @typedef {{label: string, path: string, choices: Choice[], isFree?: boolean}} ListOptions */

const MOST_SHOWN = 80;
let lastId = 0;

/** @param {Choice} choice @param {string} text @returns {boolean} */
function isNamed({ label, value }, text) {
  return [label, String(value)].some((name) => name.toLowerCase() === text.toLowerCase());
}

export class ListField {
  /** @param {ListOptions} options isFree: what the vocabulary lacks may be typed in */
  constructor({ label, path, choices, isFree = false }) {
    this.choices = choices;
    this.isFree = isFree;
    /** @type {Choice[]} */
    this.shown = [];
    this.current = 0;
    lastId += 1;
    const listId = `choices-${lastId}`;
    this.input = /** @type {HTMLInputElement} */ (
      makeElement("input", {
        type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list", "aria-label": label,
        autocomplete: "off", spellcheck: "false", "data-path": path,
      })
    );
    this.list = makeElement("ul", { role: "listbox", id: listId, "aria-label": label, hidden: "" });
    this.element = makeElement("span", { class: "list-field" }, this.input, this.list);
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.isOpen || this.open());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.leave());
    this.element.addEventListener("mousedown", (event) => this.onPress(event));
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** @returns {string} what narrows the list down */
  get typed() {
    return this.input.value.trim();
  }

  /** @param {any} _value @returns {boolean} */
  isChosen(_value) {
    return false;
  }

  /** @param {any} _value */
  pick(_value) {}

  /** @param {MouseEvent} event */
  onPress(event) {
    const target = /** @type {Element} */ (event.target);
    const line = /** @type {HTMLElement | null} */ (target.closest("li[data-index]"));
    if (target !== this.input) event.preventDefault();
    if (line) this.pick(this.shown[Number(line.dataset.index)].value);
    else if (!target.closest("button")) this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.altKey) {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (this.shown.length) this.mark((this.current + step + this.shown.length) % this.shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (this.shown[this.current]) this.pick(this.shown[this.current].value);
    } else if (event.key === "Escape" && this.isOpen) {
      event.stopPropagation();
      this.reset();
      this.close();
    }
  }

  open() {
    const query = this.typed.toLowerCase();
    const ranked = this.choices.map((choice) => ({ choice, score: Math.max(matchScore(choice.label, query), matchScore(String(choice.value), query)) }));
    this.shown = ranked.filter(({ score }) => score > 0).sort((left, right) => right.score - left.score).map(({ choice }) => choice).slice(0, MOST_SHOWN);
    if (this.isFree && query && !this.shown.some((choice) => isNamed(choice, query))) this.shown.push({ value: this.typed, label: this.typed, note: gettext("not seen in the network so far") });
    this.list.replaceChildren(...this.lines());
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  /** @returns {HTMLElement[]} */
  lines() {
    if (!this.shown.length) return [makeElement("li", { class: "quiet none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, gettext("Nothing in the network has these letters."))];
    return this.shown.map((choice, index) => {
      const isChosen = this.isChosen(choice.value);
      const line = makeElement("li", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(isChosen), "data-index": String(index) });
      line.append(makeElement("span", { class: "tick" }, ...(isChosen ? [makeIcon("check")] : [])), makeElement("span", {}, choice.label));
      const note = choice.note ?? choice.group;
      if (note) line.append(makeElement("span", { class: "quiet note" }, note));
      return line;
    });
  }

  /** @param {number} index */
  mark(index) {
    this.current = index;
    for (const line of this.list.children) line.classList.toggle("current", /** @type {HTMLElement} */ (line).dataset.index === String(index));
    this.list.querySelector(".current")?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.shown.length ? `${this.list.id}-${index}` : "");
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Empty what was typed, or show again what is chosen. */
  reset() {
    this.input.value = "";
  }

  /** Typed text that names a choice counts when the field is left. */
  leave() {
    const typed = this.typed;
    const named = this.choices.find((choice) => isNamed(choice, typed));
    const value = named?.value ?? (this.isFree ? typed : "");
    this.reset();
    this.close();
    if (typed && value !== "" && !this.isChosen(value)) this.pick(value);
    this.close();
  }
}
