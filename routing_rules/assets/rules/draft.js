/**
 * The draft as the page holds it. Tells "structure" (order, number or names of rules), "content" (inside the selected rule)
 * and "selection"; every telling but the last means there is something to save.
 */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { isFilled, isUnfinished, newTest, readCondition, writeCondition } from "./conditions.js";

/** @typedef {import("./conditions.js").Group} Group */
/** @typedef {{key: number, name: string, when: Group, then: Record<string, any>, stop: boolean, stored: any, isTouched: boolean}} Rule */

const UNDO_STEPS = 50;

/** @param {string} text @returns {string} */
const folded = (text) => text.trim().toLowerCase();

export class Draft extends EventTarget {
  /** @param {any[]} stored the rules as the server keeps them, the default last */
  constructor(stored) {
    super();
    this.lastKey = 0;
    /** @type {Rule[]} */
    this.rules = stored.map((rule) => this.read(rule));
    this.selectedKey = this.rules[0]?.key ?? 0;
    /** @type {{rules: Rule[], selectedKey: number}[]} */
    this.past = [];
  }

  /** @param {any} stored @returns {Rule} */
  read(stored) {
    this.lastKey += 1;
    const { name = "", when, then = {}, stop = false } = structuredClone(stored);
    return { key: this.lastKey, name, when: readCondition(when), then, stop, stored, isTouched: false };
  }

  /** @returns {any[]} as the server keeps them; a rule that nobody touched stays as it came */
  asStored() {
    return this.rules.map((rule) => (rule.isTouched ? this.write(rule) : rule.stored));
  }

  /** @param {Rule} rule @returns {any} */
  write(rule) {
    const stored = { name: rule.name.trim(), when: writeCondition(rule.when), then: rule.then };
    return rule.stop ? { ...stored, stop: true } : stored;
  }

  /** @returns {Rule} */
  get selected() {
    return this.rules.find((rule) => rule.key === this.selectedKey) ?? this.rules[this.rules.length - 1];
  }

  /** @returns {number} */
  get position() {
    return this.rules.indexOf(this.selected);
  }

  /** @param {Rule} rule @returns {boolean} the mandatory last one, that takes what no other took */
  isDefault(rule) {
    return rule === this.rules[this.rules.length - 1];
  }

  /** @param {string} type */
  tell(type) {
    this.dispatchEvent(new CustomEvent(type));
  }

  /** @param {number} key */
  select(key) {
    if (key === this.selectedKey) return;
    this.selectedKey = key;
    this.tell("selection");
  }

  /** The selected rule's content has changed. @param {{isStructure?: boolean}} [options] */
  touch({ isStructure = false } = {}) {
    this.selected.isTouched = true;
    this.tell(isStructure ? "structure" : "content");
  }

  remember() {
    this.past.push({ rules: structuredClone(this.rules), selectedKey: this.selectedKey });
    if (this.past.length > UNDO_STEPS) this.past.shift();
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    Object.assign(this, before);
    this.tell("structure");
    this.tell("selection");
  }

  /** Put a new rule after the selected one, before the default. */
  add() {
    this.remember();
    const rule = this.read({ name: this.freeName(gettext("New rule")), when: {}, then: {}, stop: true });
    rule.when.parts.push(newTest());
    rule.isTouched = true;
    this.insert(rule, Math.min(this.position + 1, this.rules.length - 1));
  }

  duplicate() {
    if (this.isDefault(this.selected)) return;
    this.remember();
    const copy = { ...structuredClone(this.selected), isTouched: true };
    this.lastKey += 1;
    copy.key = this.lastKey;
    copy.name = this.freeName(interpolate(gettext("Copy of %(name)s"), { name: this.selected.name }));
    this.insert(copy, this.position + 1);
  }

  /** @param {Rule} rule @param {number} position */
  insert(rule, position) {
    this.rules.splice(position, 0, rule);
    this.selectedKey = rule.key;
    this.tell("structure");
    this.tell("selection");
  }

  /** @returns {string} the name of what was removed, empty when nothing was */
  remove() {
    const { selected, position } = this;
    if (this.isDefault(selected)) return "";
    this.remember();
    this.rules.splice(position, 1);
    this.selectedKey = this.rules[Math.min(position, this.rules.length - 1)].key;
    this.tell("structure");
    this.tell("selection");
    return selected.name;
  }

  /** @param {number} step -1 up, 1 down @returns {boolean} whether it moved */
  move(step) {
    const { selected, position } = this;
    const target = position + step;
    if (this.isDefault(selected) || target < 0 || target >= this.rules.length - 1) return false;
    this.remember();
    this.rules.splice(position, 1);
    this.rules.splice(target, 0, selected);
    this.tell("structure");
    return true;
  }

  /** @param {string} wish @returns {string} */
  freeName(wish) {
    const taken = new Set(this.rules.map((rule) => folded(rule.name)));
    let name = wish;
    for (let number = 2; taken.has(folded(name)); number += 1) name = `${wish} ${number}`;
    return name;
  }

  /** @param {Rule} rule @returns {string} what still has to be chosen before it can apply, empty when nothing */
  unfinished(rule) {
    if (!rule.name.trim()) return gettext("It needs a name.");
    if (this.rules.some((other) => other !== rule && folded(other.name) === folded(rule.name))) return gettext("Another rule has this name.");
    if (!this.isDefault(rule) && rule.when.parts.length > 0 && isUnfinished(rule.when)) return gettext("A condition is not filled in.");
    if (Object.values(rule.then).some((value) => !isFilled(value))) return gettext("An effect is not filled in.");
    return "";
  }
}
