/** What a rule asks for: a list of effects, each with its choices; an effect may fill several keys of `then`. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { PickField } from "./choice_fields.js";
import { emptyValue, makeValueField } from "./value_fields.js";

/** @typedef {{key: string, label: string, widget: string, choices?: any[], isFree?: boolean, unit?: string, preset?: any, before?: string}} Part */
/** @typedef {{id: string, label: string, group: string, parts: Part[]}} Effect */

export class EffectForm {
  /**
   * @param {Effect[]} effects
   * @param {(focus: string | null) => void} onChange as for ConditionForm
   */
  constructor(effects, onChange) {
    this.effects = effects;
    this.onChange = onChange;
  }

  /** @param {Record<string, any>} then a rule's effects, changed in place @returns {HTMLElement} */
  draw(then) {
    const used = this.effects.filter(({ parts }) => parts.some(({ key }) => key in then));
    const lines = used.map((effect) => this.drawEffect(effect, then));
    const empty = lines.length ? [] : [makeElement("p", { class: "quiet m-0" }, gettext("Asks for nothing special: any eligible reader."))];
    return makeElement("div", { class: "effects" }, ...empty, ...lines, this.addition(then, used));
  }

  /** @param {Effect} effect @param {Record<string, any>} then @returns {HTMLElement} */
  drawEffect(effect, then) {
    const line = makeElement("div", { class: "effect" }, makeElement("span", { class: "effect-label" }, effect.label));
    effect.parts.forEach((part, index) => {
      if (part.before) line.append(makeElement("span", { class: "quiet" }, part.before));
      line.append(
        makeValueField(part, {
          label: part.label || effect.label, path: `then.${effect.id}.${index}`, value: then[part.key],
          onChange: (value) => {
            then[part.key] = value;
            this.onChange(null);
          },
        }),
      );
    });
    const words = interpolate(gettext("Remove “%(effect)s”"), { effect: effect.label });
    const remove = makeElement("button", { type: "button", class: "btn btn-bare removal", "aria-label": words, title: words }, makeIcon("close"));
    remove.addEventListener("click", () => {
      for (const { key } of effect.parts) delete then[key];
      this.onChange("then.add");
    });
    line.append(remove);
    return line;
  }

  /** @param {Record<string, any>} then @param {Effect[]} used @returns {HTMLElement} */
  addition(then, used) {
    const field = new PickField({
      label: gettext("Add an effect"), path: "then.add", value: null, placeholder: gettext("Add an effect"),
      choices: this.effects.filter((effect) => !used.includes(effect)).map(({ id, label, group }) => ({ value: id, label, group })),
      onChange: (id) => {
        const effect = /** @type {Effect} */ (this.effects.find((one) => one.id === id));
        for (const { key, widget, preset } of effect.parts) then[key] = preset ?? emptyValue(widget);
        this.onChange(effect.parts.every(({ widget }) => widget === "flag") ? "then.add" : `then.${id}.0`);
      },
    });
    field.element.classList.add("adds-effect");
    field.input.dataset.shortcut = "e";
    field.input.dataset.command = gettext("Add an effect");
    return field.element;
  }
}
