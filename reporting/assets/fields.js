/** Fields `[size]` in a template's text: marked, F3 goes to the next and selects it, Tab goes on only from inside one. */
import { EditorSelection } from "@codemirror/state";
import { Decoration, EditorView, MatchDecorator, ViewPlugin, keymap } from "@codemirror/view";
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";

const FIELD = /\[[^[\]\n]{1,80}\]/g;

/**
 * @param {string} text
 * @returns {{from: number, to: number, name: string}[]}
 */
export function findFields(text) {
  return [...text.matchAll(FIELD)].map((match) => ({ from: match.index, to: match.index + match[0].length, name: match[0].slice(1, -1) }));
}

const decorator = new MatchDecorator({ regexp: FIELD, decoration: Decoration.mark({ class: "field-mark" }) });

const marks = ViewPlugin.fromClass(
  class {
    /** @param {EditorView} view */
    constructor(view) {
      this.decorations = decorator.createDeco(view);
    }

    /** @param {import("@codemirror/view").ViewUpdate} update */
    update(update) {
      this.decorations = decorator.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/**
 * Go to the next (or previous) field after the cursor, across sections, round the end.
 * @param {EditorView[]} views in the order of the page
 * @param {EditorView} from
 * @param {1 | -1} step
 * @param {(words: string) => void} tell
 * @returns {boolean}
 */
export function goToField(views, from, step, tell) {
  const all = views.flatMap((view, section) => findFields(view.state.doc.toString()).map((field) => ({ ...field, view, section })));
  if (!all.length) {
    tell(gettext("No field is left to fill"));
    return true;
  }
  const here = { section: views.indexOf(from), position: from.state.selection.main.from };
  const isSelected = (/** @type {typeof all[0]} */ field) => field.view === from && field.from === here.position && from.state.selection.main.to === field.to;
  const isAfter = (/** @type {typeof all[0]} */ field) => field.section > here.section || (field.section === here.section && field.from >= here.position);
  const current = all.findIndex(isSelected);
  let index;
  if (current >= 0) index = (current + step + all.length) % all.length;
  else {
    const next = all.findIndex(isAfter);
    index = step === 1 ? Math.max(next, 0) : ((next < 0 ? all.length : next) - 1 + all.length) % all.length;
  }
  const field = all[index];
  field.view.dispatch({ selection: EditorSelection.single(field.from, field.to), scrollIntoView: true });
  field.view.focus();
  tell(interpolate(gettext("Field %(number)s of %(count)s: %(name)s"), { number: index + 1, count: all.length, name: field.name }));
  return true;
}

/** @param {EditorView} view @returns {boolean} */
function isInField(view) {
  const { from, to } = view.state.selection.main;
  return findFields(view.state.doc.toString()).some((field) => from >= field.from && to <= field.to);
}

/**
 * @param {() => EditorView[]} views
 * @param {(words: string) => void} tell
 */
export function fieldExtension(views, tell) {
  const go = (/** @type {1 | -1} */ step) => (/** @type {EditorView} */ view) => goToField(views(), view, step, tell);
  const tab = (/** @type {1 | -1} */ step) => (/** @type {EditorView} */ view) => isInField(view) && goToField(views(), view, step, tell);
  return [marks, keymap.of([{ key: "F3", run: go(1), shift: go(-1) }, { key: "Tab", run: tab(1), shift: tab(-1) }])];
}
