/** Choosing from a vocabulary: one thing (PickField), or several shown as chips (ChoiceField). */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { ListField } from "./list_field.js";

/** @typedef {import("./list_field.js").Choice} Choice */
/** @typedef {import("./list_field.js").ListOptions} ListOptions */

/** @param {Choice[]} choices @param {any} value @returns {string} */
export function labelOf(choices, value) {
  return choices.find((choice) => choice.value === value)?.label ?? String(value ?? "");
}

export class PickField extends ListField {
  /** @param {ListOptions & {value: any, placeholder: string, onChange: (value: any) => void}} options */
  constructor({ value, placeholder, onChange, ...options }) {
    super(options);
    this.value = value;
    this.onChange = onChange;
    this.element.classList.add("pick-field");
    this.input.placeholder = placeholder;
    this.input.addEventListener("focus", () => this.input.select());
    this.reset();
  }

  /** The chosen one's name narrows nothing down: the whole list is offered. */
  get typed() {
    const typed = super.typed;
    return typed === this.chosenLabel ? "" : typed;
  }

  get chosenLabel() {
    return this.value === null || this.value === undefined || this.value === "" ? "" : labelOf(this.choices, this.value);
  }

  /** @param {any} value @returns {boolean} */
  isChosen(value) {
    return value === this.value;
  }

  open() {
    super.open();
    const at = this.shown.findIndex(({ value }) => value === this.value);
    if (!this.typed && at > 0) this.mark(at);
  }

  /** @param {KeyboardEvent} event Tab takes the marked line when something was typed */
  onKey(event) {
    if (event.key === "Tab" && this.isOpen && this.typed && this.shown[this.current]) this.pick(this.shown[this.current].value);
    else super.onKey(event);
  }

  reset() {
    this.input.value = this.chosenLabel;
  }

  /** @param {any} value */
  pick(value) {
    const isNew = value !== this.value;
    this.value = value;
    this.reset();
    this.close();
    if (isNew) this.onChange(value);
  }
}

export class ChoiceField extends ListField {
  /** @param {ListOptions & {chosen: any[], onChange: (chosen: any[]) => void}} options */
  constructor({ chosen, onChange, ...options }) {
    super(options);
    this.chosen = [...chosen];
    this.onChange = onChange;
    this.chips = makeElement("span", { class: "chosen" });
    this.element.classList.add("choice-field");
    this.element.prepend(this.chips);
    this.list.setAttribute("aria-multiselectable", "true");
    this.drawChips();
  }

  /** @param {any} value @returns {boolean} */
  isChosen(value) {
    return this.chosen.includes(value);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Backspace" && !this.input.value && this.chosen.length) this.pick(this.chosen[this.chosen.length - 1]);
    else super.onKey(event);
  }

  /** @param {any} value taken when absent, given up when present */
  pick(value) {
    this.chosen = this.chosen.includes(value) ? this.chosen.filter((other) => other !== value) : [...this.chosen, value];
    const wasOpen = this.isOpen;
    this.reset();
    this.drawChips();
    if (wasOpen) {
      this.open();
      this.mark(Math.max(0, this.shown.findIndex((choice) => choice.value === value)));
    }
    this.onChange([...this.chosen]);
  }

  drawChips() {
    this.chips.replaceChildren(
      ...this.chosen.map((value) => {
        const label = labelOf(this.choices, value);
        const remove = makeElement("button", { type: "button", tabindex: "-1", "aria-label": interpolate(gettext("Remove %(label)s"), { label }) }, makeIcon("close"));
        remove.addEventListener("click", () => this.pick(value));
        return makeElement("span", { class: "chip" }, label, remove);
      }),
    );
    this.input.placeholder = this.chosen.length ? "" : gettext("Type, or ↓ to choose");
  }
}
