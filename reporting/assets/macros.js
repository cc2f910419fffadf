/** Phrases by name: `.normalchest` and Enter put in the phrase; a field in it is selected at once. */
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { keymap } from "@codemirror/view";
import { findFields } from "./fields.js";

/** @typedef {{name: string, label: string, text: string, section?: string}} Macro */

/**
 * @param {Macro[]} macros
 * @param {string} section
 */
export function macroExtension(macros, section) {
  const usable = macros.filter((macro) => !macro.section || macro.section === section);
  const source = (/** @type {import("@codemirror/autocomplete").CompletionContext} */ context) => {
    const word = context.matchBefore(/\.[\p{L}\d_]*/u);
    const before = word && word.from > 0 ? context.state.sliceDoc(word.from - 1, word.from) : "";
    if (!word || /\S/.test(before)) return null;
    return {
      from: word.from,
      validFor: /^\.[\p{L}\d_]*$/u,
      options: usable.map((macro) => ({ label: `.${macro.name}`, detail: macro.label, info: macro.text, apply: applyMacro(macro) })),
    };
  };
  return [autocompletion({ override: [source], icons: false, activateOnTyping: true }), keymap.of(completionKeymap)];
}

/** @param {Macro} macro */
function applyMacro(macro) {
  return (/** @type {import("@codemirror/view").EditorView} */ view, /** @type {unknown} */ _completion, /** @type {number} */ from, /** @type {number} */ to) => {
    const [field] = findFields(macro.text);
    const selection = field ? { anchor: from + field.from, head: from + field.to } : { anchor: from + macro.text.length };
    view.dispatch({ changes: { from, to, insert: macro.text }, selection, userEvent: "input.complete" });
  };
}
