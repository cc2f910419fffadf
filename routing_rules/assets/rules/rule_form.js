/** The selected rule as a form: name, when, then, and what comes after it. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";
import { ConditionForm } from "./condition_form.js";
import { EffectForm } from "./effect_form.js";

/** @typedef {import("./draft.js").Draft} Draft */

export class RuleForm {
  /**
   * @param {HTMLElement} element
   * @param {Draft} draft
   * @param {{facts: any[], effects: any[]}} forms
   */
  constructor(element, draft, forms) {
    this.element = element;
    this.draft = draft;
    const changed = (/** @type {string | null} */ focus) => {
      draft.touch();
      if (focus !== null) this.draw(focus);
    };
    this.conditions = new ConditionForm(forms.facts, changed);
    this.effects = new EffectForm(forms.effects, changed);
    this.drawnKey = 0;
    draft.addEventListener("selection", () => this.draw());
    draft.addEventListener("structure", () => this.drawHead());
  }

  /** @param {string} [focus] the path of the control that gets the focus */
  draw(focus = "") {
    const rule = this.draft.selected;
    const isDefault = this.draft.isDefault(rule);
    const when = isDefault
      ? makeElement("p", { class: "m-0" }, gettext("Always: it takes every examination that no rule above has stopped. It stays last and cannot be removed."))
      : this.conditions.draw(rule.when);
    this.position = makeElement("span", { class: "eyebrow" });
    this.element.replaceChildren(
      this.position,
      this.nameField(),
      this.section(gettext("When"), when),
      this.section(gettext("Then"), this.effects.draw(rule.then)),
      ...(isDefault ? [] : [this.section(gettext("After it"), this.stopField())]),
    );
    this.drawHead();
    this.element.setAttribute("aria-label", rule.name);
    if (this.drawnKey !== rule.key) this.element.scrollTop = 0;
    this.drawnKey = rule.key;
    if (focus) this.focus(focus);
  }

  drawHead() {
    if (!this.position) return;
    const { selected, rules, position } = this.draft;
    this.position.textContent = this.draft.isDefault(selected)
      ? gettext("The default")
      : interpolate(gettext("Rule %(number)s of %(count)s"), { number: position + 1, count: rules.length - 1 });
  }

  /** @param {string} path */
  focus(path) {
    const control = /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-path="${path}"]`));
    const fallback = path.endsWith(".fact") ? this.element.querySelector(`[data-path="${path.slice(0, -5)}.mode"]`) : null;
    const target = control ?? /** @type {HTMLElement | null} */ (fallback);
    target?.focus();
    target?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} title @param {HTMLElement} content @returns {HTMLElement} */
  section(title, content) {
    return makeElement("section", { class: "rule-section" }, makeElement("h3", {}, title), content);
  }

  /** @returns {HTMLElement} */
  nameField() {
    const rule = this.draft.selected;
    const input = /** @type {HTMLInputElement} */ (
      makeElement("input", { type: "text", class: "rule-name", "aria-label": gettext("Name of the rule"), maxlength: "80", "data-path": "name", autocomplete: "off", spellcheck: "false" })
    );
    input.value = rule.name;
    input.addEventListener("input", () => {
      rule.name = input.value;
      this.draft.touch({ isStructure: true });
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const controls = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("[data-path]")]);
      controls[1]?.focus();
    });
    return input;
  }

  /** @returns {HTMLElement} */
  stopField() {
    const rule = this.draft.selected;
    const choice = (/** @type {boolean} */ stop, /** @type {string} */ words) => {
      const radio = /** @type {HTMLInputElement} */ (makeElement("input", { type: "radio", name: "stop", "data-path": `stop.${stop}` }));
      radio.checked = rule.stop === stop;
      radio.addEventListener("change", () => {
        rule.stop = stop;
        this.draft.touch();
      });
      return makeElement("label", {}, radio, words);
    };
    return makeElement("div", { class: "stop-choice", role: "radiogroup", "aria-label": gettext("After it") }, choice(true, gettext("Stop: later rules are not asked")), choice(false, gettext("Go on to the later rules")));
  }
}
