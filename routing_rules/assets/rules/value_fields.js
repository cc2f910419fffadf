/** A control for a value, by the kind that the server names: what is stored on one side, what a person fills in on the other. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";
import { ChoiceField, PickField } from "./choice_fields.js";

/** @typedef {import("./list_field.js").Choice} Choice */
/** @typedef {{widget: string, choices?: Choice[], isFree?: boolean, unit?: string, least?: number, most?: number}} Kind */
/** @typedef {{label: string, path: string, value: any, onChange: (value: any) => void}} Use */

/** @type {Record<string, () => any>} */
const EMPTY = { many: () => [], many_patterns: () => [], number_range: () => [null, null], percent_range: () => [null, null], time_range: () => ["", ""], yes_no: () => true, flag: () => true };
const EMPTY_LINE = "";
const MOST_IN_A_SELECT = 9;
let lastId = 0;

/** @param {string} widget @returns {any} the value before anything is chosen */
export function emptyValue(widget) {
  return (EMPTY[widget] ?? (() => null))();
}

/**
 * @param {Choice[]} choices
 * @param {Use & {placeholder?: string}} use
 * @returns {HTMLSelectElement}
 */
export function makeSelect(choices, { label, path, value, onChange, placeholder = gettext("Choose") }) {
  const select = /** @type {HTMLSelectElement} */ (makeElement("select", { "aria-label": label, "data-path": path }));
  const isKnown = choices.some((choice) => choice.value === value);
  if (!isKnown) select.append(makeElement("option", { value: EMPTY_LINE }, placeholder));
  /** @type {any[]} */
  const values = choices.map((choice) => choice.value);
  choices.forEach((choice, index) => select.append(makeElement("option", { value: String(index) }, choice.label)));
  if (!isKnown && value !== null && value !== "" && value !== undefined) {
    values.push(value);
    select.append(makeElement("option", { value: String(values.length - 1) }, interpolate(gettext("%(value)s (not in the network)"), { value })));
  }
  select.value = values.includes(value) ? String(values.indexOf(value)) : EMPTY_LINE;
  select.addEventListener("change", () => {
    if (select.value !== EMPTY_LINE) onChange(values[Number(select.value)]);
  });
  return select;
}

/** @param {Kind} kind @param {Use} use @returns {Node[]} */
function textField({ choices = [] }, { label, path, value, onChange }) {
  const input = /** @type {HTMLInputElement} */ (makeElement("input", { type: "text", "aria-label": label, "data-path": path, autocomplete: "off", spellcheck: "false" }));
  input.value = value ?? "";
  input.addEventListener("input", () => onChange(input.value.trim()));
  if (!choices.length) return [input];
  lastId += 1;
  const list = makeElement("datalist", { id: `suggestions-${lastId}` }, ...choices.map((choice) => makeElement("option", { value: String(choice.value) }, choice.note ?? "")));
  input.setAttribute("list", list.id);
  return [input, list];
}

/**
 * @param {string} type number or time
 * @param {{label: string, path: string, value: any, factor?: number, least?: number, most?: number, onChange: (value: any) => void}} use
 * @returns {HTMLInputElement}
 */
function typedField(type, { label, path, value, factor = 1, least, most, onChange }) {
  const input = /** @type {HTMLInputElement} */ (makeElement("input", { type, "aria-label": label, "data-path": path, class: "short" }));
  if (type === "number") input.step = "any";
  if (least !== undefined) input.min = String(least);
  if (most !== undefined) input.max = String(most);
  const isEmpty = value === null || value === undefined || value === "";
  if (!isEmpty) input.value = type === "number" ? String(Math.round(value * factor * 1000) / 1000) : value;
  input.addEventListener("input", () => {
    if (type === "time") onChange(input.value);
    else onChange(input.value === "" ? null : Math.round((Number(input.value) / factor) * 100000) / 100000);
  });
  return input;
}

/**
 * @param {string} type
 * @param {number} factor
 * @returns {(kind: Kind, use: Use) => Node[]}
 */
function single(type, factor = 1) {
  return ({ unit = "", least, most }, use) => {
    const field = typedField(type, { ...use, factor, least, most });
    return unit ? [field, makeElement("span", { class: "quiet" }, unit)] : [field];
  };
}

/**
 * @param {string} type
 * @param {number} factor
 * @returns {(kind: Kind, use: Use) => Node[]}
 */
function range(type, factor = 1) {
  return ({ unit = "", least, most }, { label, path, value, onChange }) => {
    const pair = Array.isArray(value) ? [...value] : emptyValue("number_range");
    const end = (/** @type {0 | 1} */ at, /** @type {string} */ words) =>
      typedField(type, {
        label: `${label}, ${words}`, path: at ? `${path}.end` : path, value: pair[at], factor, least, most,
        onChange: (changed) => {
          pair[at] = changed;
          onChange([...pair]);
        },
      });
    const fields = [end(0, gettext("from")), makeElement("span", { class: "quiet" }, gettext("to")), end(1, gettext("to"))];
    return unit ? [...fields, makeElement("span", { class: "quiet" }, unit)] : fields;
  };
}

/** @type {Record<string, (kind: Kind, use: Use) => Node[]>} */
const WIDGETS = {
  one: ({ choices = [], isFree = false }, use) =>
    choices.length > MOST_IN_A_SELECT || isFree ? [new PickField({ ...use, choices, isFree, placeholder: gettext("Type, or ↓ to choose") }).element] : [makeSelect(choices, use)],
  many: ({ choices = [], isFree = false }, { value, ...use }) => [new ChoiceField({ ...use, choices, isFree, chosen: Array.isArray(value) ? value : value ? [value] : [] }).element],
  many_patterns: ({ choices = [] }, { value, ...use }) => [new ChoiceField({ ...use, choices, isFree: true, chosen: Array.isArray(value) ? value : value ? [value] : [] }).element],
  text: textField,
  number: single("number"),
  percent: single("number", 100),
  time: single("time"),
  number_range: range("number"),
  percent_range: range("number", 100),
  time_range: range("time"),
  yes_no: (_kind, use) => [makeSelect([{ value: true, label: gettext("yes") }, { value: false, label: gettext("no") }], use)],
  flag: () => [],
};

/**
 * @param {Kind} kind
 * @param {Use} use
 * @returns {HTMLElement}
 */
export function makeValueField(kind, use) {
  return makeElement("span", { class: `value-field value-${kind.widget}` }, ...WIDGETS[kind.widget](kind, use));
}
