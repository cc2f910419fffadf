/** When a rule applies: groups of conditions, each condition a fact, how it compares, and a value. */
import { gettext } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { PickField } from "./choice_fields.js";
import { newGroup, newTest } from "./conditions.js";
import { emptyValue, makeSelect, makeValueField } from "./value_fields.js";

/** @typedef {import("./conditions.js").Group} Group */
/** @typedef {import("./conditions.js").Test} Test */
/** @typedef {{key: string, label: string, group: string, operators: {key: string, label: string, widget: string, choices?: any[]}[], choices: any[], isFree: boolean, unit: string}} Fact */

const MODES = [
  { value: "all", label: gettext("All of these hold") },
  { value: "any", label: gettext("Any of these holds") },
  { value: "none", label: gettext("None of these holds") },
  { value: "not_all", label: gettext("Not all of these hold") },
];

/** @param {string} iconName @param {string} words @param {Record<string, string>} attributes @returns {HTMLElement} */
export function makeButton(iconName, words, attributes) {
  return makeElement("button", { type: "button", class: "btn btn-bare", ...attributes }, makeIcon(iconName), words);
}

export class ConditionForm {
  /**
   * @param {Fact[]} facts
   * @param {(focus: string | null) => void} onChange focus: the path to focus once drawn again, null when nothing has to be drawn
   */
  constructor(facts, onChange) {
    this.facts = facts;
    this.onChange = onChange;
  }

  /** @param {Group} root @returns {HTMLElement} */
  draw(root) {
    return this.drawGroup(root, "when", null);
  }

  /**
   * @param {Group} group
   * @param {string} path
   * @param {(() => void) | null} remove null for the outermost
   * @returns {HTMLElement}
   */
  drawGroup(group, path, remove) {
    const mode = makeSelect(MODES, {
      label: gettext("How these conditions combine"), path: `${path}.mode`, value: group.mode,
      onChange: (value) => {
        group.mode = value;
        this.onChange(`${path}.mode`);
      },
    });
    const head = makeElement("div", { class: "group-head" }, mode);
    if (remove) head.append(this.removal(gettext("Remove this group"), remove));
    const parts = group.parts.map((part, index) => this.drawPart(group, part, `${path}.${index}`, index));
    const isRoot = remove === null;
    const empty = isRoot && !parts.length ? [makeElement("p", { class: "quiet m-0" }, gettext("No condition: it applies to every examination that comes this far."))] : [];
    const attributes = { class: "condition-group", role: "group", "data-mode": group.mode, "aria-label": MODES.find(({ value }) => value === group.mode)?.label ?? "" };
    return makeElement("div", attributes, ...(isRoot && group.parts.length < 2 && group.mode === "all" ? [] : [head]), ...empty, ...parts, this.additions(group, path, isRoot));
  }

  /** @param {Group} group @param {string} path @param {boolean} isRoot @returns {HTMLElement} */
  additions(group, path, isRoot) {
    const add = (/** @type {Group | Test} */ part) => {
      group.parts.push(part);
      const place = `${path}.${group.parts.length - 1}`;
      this.onChange(part.kind === "test" ? `${place}.fact` : `${place}.0.fact`);
    };
    const condition = makeButton("add", gettext("Condition"), { "data-path": `${path}.add`, ...(isRoot ? { "data-shortcut": "c", "data-command": gettext("Add a condition") } : {}) });
    const inner = makeButton("add", gettext("Group"), { "data-path": `${path}.add-group`, ...(isRoot ? { "data-shortcut": "g", "data-command": gettext("Add a group of conditions") } : {}) });
    condition.addEventListener("click", () => add(newTest()));
    inner.addEventListener("click", () => add(newGroup()));
    return makeElement("div", { class: "additions" }, condition, inner);
  }

  /** @param {Group} group @param {Group | Test} part @param {string} path @param {number} index @returns {HTMLElement} */
  drawPart(group, part, path, index) {
    const remove = () => {
      group.parts.splice(index, 1);
      const parent = path.slice(0, path.lastIndexOf("."));
      this.onChange(group.parts.length ? `${parent}.${Math.min(index, group.parts.length - 1)}.fact` : `${parent}.add`);
    };
    return part.kind === "group" ? this.drawGroup(part, path, remove) : this.drawTest(part, path, remove);
  }

  /** @param {Test} test @param {string} path @param {() => void} remove @returns {HTMLElement} */
  drawTest(test, path, remove) {
    const fact = this.facts.find(({ key }) => key === test.fact);
    const pick = new PickField({
      label: gettext("Fact"), path: `${path}.fact`, value: test.fact, placeholder: gettext("Choose a fact"),
      choices: this.facts.map(({ key, label, group }) => ({ value: key, label, group })),
      onChange: (key) => this.chooseFact(test, key, path),
    });
    const row = makeElement("div", { class: "condition" }, pick.element);
    if (fact) row.append(this.operatorSelect(test, fact, path), this.valueField(test, fact, path));
    row.append(this.removal(gettext("Remove this condition"), remove));
    return row;
  }

  /** @param {Test} test @param {Fact} fact @param {string} path @returns {Node} */
  operatorSelect(test, fact, path) {
    return makeSelect(fact.operators.map(({ key, label }) => ({ value: key, label })), {
      label: gettext("Comparison"), path: `${path}.operator`, value: test.operator,
      onChange: (key) => {
        const [before, after] = [test.operator, key].map((operator) => fact.operators.find((one) => one.key === operator)?.widget ?? "");
        test.value = carriedOver(test.value, before, after);
        test.operator = key;
        this.onChange(`${path}.operator`);
      },
    });
  }

  /** @param {Test} test @param {Fact} fact @param {string} path @returns {Node} */
  valueField(test, fact, path) {
    const operator = fact.operators.find(({ key }) => key === test.operator);
    if (!operator) return makeElement("span", {});
    return makeValueField({ ...fact, ...operator }, {
      label: fact.label, path: `${path}.value`, value: test.value,
      onChange: (value) => {
        test.value = value;
        this.onChange(null);
      },
    });
  }

  /** @param {Test} test @param {string} key @param {string} path */
  chooseFact(test, key, path) {
    const [first] = this.facts.find((fact) => fact.key === key)?.operators ?? [];
    Object.assign(test, { fact: key, operator: first?.key ?? "", value: emptyValue(first?.widget ?? "") });
    this.onChange(`${path}.operator`);
  }

  /** @param {string} words @param {() => void} run @returns {HTMLElement} */
  removal(words, run) {
    const button = makeElement("button", { type: "button", class: "btn btn-bare removal", "aria-label": words, title: words }, makeIcon("close"));
    button.addEventListener("click", run);
    return button;
  }
}

/**
 * Keep what was chosen when only the comparison changes: one value becomes the first of several, and back.
 * @param {any} value
 * @param {string} before
 * @param {string} after
 * @returns {any}
 */
function carriedOver(value, before, after) {
  if (before === after) return value;
  if (before.startsWith("many") && after.startsWith("many")) return value;
  if (after.startsWith("many")) return value === null || value === "" || Array.isArray(value) ? emptyValue(after) : [value];
  if (before.startsWith("many") && (after === "one" || after === "text")) return value[0] ?? emptyValue(after);
  if ((before === "one" && after === "text") || (before === "text" && after === "one")) return value;
  return emptyValue(after);
}
