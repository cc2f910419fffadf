/**
 * Conditions as a tree of groups and tests, for the form, and as the server keeps them.
 * A group is one of four sentences; the server knows all, any and not.
 */

/** @typedef {{kind: "test", fact: string, operator: string, value: any}} Test */
/** @typedef {{kind: "group", mode: "all" | "any" | "none" | "not_all", parts: (Group | Test)[]}} Group */

/** @returns {Test} */
export function newTest() {
  return { kind: "test", fact: "", operator: "", value: null };
}

/** @returns {Group} a group with one test to fill in */
export function newGroup() {
  return { kind: "group", mode: "any", parts: [newTest()] };
}

/**
 * @param {any} stored
 * @returns {Group | Test}
 */
function readNode(stored) {
  if (stored.all) return { kind: "group", mode: "all", parts: stored.all.map(readNode) };
  if (stored.any) return { kind: "group", mode: "any", parts: stored.any.map(readNode) };
  if (!stored.not) return { kind: "test", fact: stored.fact ?? "", operator: stored.operator ?? "", value: stored.value ?? null };
  if (stored.not.any) return { kind: "group", mode: "none", parts: stored.not.any.map(readNode) };
  if (stored.not.all) return { kind: "group", mode: "not_all", parts: stored.not.all.map(readNode) };
  return { kind: "group", mode: "none", parts: [readNode(stored.not)] };
}

/**
 * @param {any} stored a rule's `when`
 * @returns {Group} the outermost group, empty when the rule always applies
 */
export function readCondition(stored) {
  if (!stored || Object.keys(stored).length === 0) return { kind: "group", mode: "all", parts: [] };
  const node = readNode(stored);
  return node.kind === "group" ? node : { kind: "group", mode: "all", parts: [node] };
}

/**
 * @param {Group | Test} node
 * @returns {any}
 */
function writeNode(node) {
  if (node.kind === "test") return { fact: node.fact, operator: node.operator, value: node.value };
  const parts = node.parts.map(writeNode);
  if (node.mode === "all" || node.mode === "any") return { [node.mode]: parts };
  if (node.mode === "not_all") return { not: { all: parts } };
  return { not: parts.length === 1 ? parts[0] : { any: parts } };
}

/**
 * @param {Group} root
 * @returns {any} a rule's `when`
 */
export function writeCondition(root) {
  if (root.parts.length === 0) return {};
  if (root.mode === "all" && root.parts.length === 1) return writeNode(root.parts[0]);
  return writeNode(root);
}

/**
 * @param {any} value
 * @returns {boolean} whether a value is filled in; of a range one end may stay open (null)
 */
export function isFilled(value) {
  if (!Array.isArray(value)) return value !== null && value !== undefined && String(value).trim() !== "";
  return value.some((part) => part !== null) && value.every((part) => part === null || isFilled(part));
}

/**
 * @param {Group | Test} node
 * @returns {boolean} whether something below waits to be chosen
 */
export function isUnfinished(node) {
  if (node.kind === "test") return !node.fact || !node.operator || !isFilled(node.value);
  return node.parts.some((part) => (part.kind === "group" && part.parts.length === 0) || isUnfinished(part));
}
