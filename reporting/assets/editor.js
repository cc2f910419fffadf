/** The report's five sections, one plain-text editor each: what is typed is what the PDF carries. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintGutter } from "@codemirror/lint";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { readMeta } from "../../pacs_core/web/assets/page_data.js";
import { fieldExtension } from "./fields.js";
import { macroExtension } from "./macros.js";

/** @typedef {Record<string, string>} Sections */

/** Marks text that came from the server or the store, not from typing. */
const fromElsewhere = Annotation.define();

export class ReportEditor {
  /**
   * @param {NodeListOf<HTMLElement> | HTMLElement[]} hosts elements with data-section and data-title
   * @param {{sections: Sections, macros: import("./macros.js").Macro[], tell: (words: string) => void, onChange: () => void}} options
   */
  constructor(hosts, { sections, macros, tell, onChange }) {
    this.onChange = onChange;
    this.editable = new Compartment();
    /** @type {Map<string, EditorView>} */
    this.views = new Map();
    /** @type {EditorView | null} */
    this.lastFocused = null;
    for (const host of hosts) {
      const name = host.dataset.section ?? "";
      this.views.set(name, this.#mount(host, name, sections[name] ?? "", macros, tell));
    }
  }

  /**
   * @param {HTMLElement} host
   * @param {string} name
   * @param {string} text
   * @param {import("./macros.js").Macro[]} macros
   * @param {(words: string) => void} tell
   * @returns {EditorView}
   */
  #mount(host, name, text, macros, tell) {
    const listener = EditorView.updateListener.of((update) => {
      if (update.focusChanged && update.view.hasFocus) this.lastFocused = update.view;
      const isOwn = !update.transactions.some((transaction) => transaction.annotation(fromElsewhere));
      if (update.docChanged && isOwn) this.onChange();
    });
    const state = EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(readMeta("csp-nonce")),
        history(),
        drawSelection(),
        EditorView.lineWrapping,
        fieldExtension(() => [...this.views.values()], tell),
        macroExtension(macros, name),
        lintGutter(),
        keymap.of([...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"), ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": host.dataset.title ?? name, spellcheck: "true", autocapitalize: "sentences" }),
        this.editable.of(editableExtension(true)),
        listener,
      ],
    });
    host.replaceChildren();
    return new EditorView({ state, parent: host });
  }

  /** @returns {Sections} */
  get sections() {
    return Object.fromEntries([...this.views].map(([name, view]) => [name, view.state.doc.toString()]));
  }

  /** @param {Sections} sections put in without counting as typing; unchanged sections keep cursor and undo */
  set sections(sections) {
    for (const [name, view] of this.views) {
      const text = sections[name];
      if (text === undefined || text === view.state.doc.toString()) continue;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: fromElsewhere.of(true) });
    }
  }

  /** @param {boolean} isEditable */
  setEditable(isEditable) {
    for (const view of this.views.values()) view.dispatch({ effects: this.editable.reconfigure(editableExtension(isEditable)) });
  }

  /** @param {string} name @param {number} from @param {number} to */
  select(name, from, to) {
    const view = this.views.get(name);
    if (!view) return;
    const length = view.state.doc.length;
    view.dispatch({ selection: { anchor: Math.min(from, length), head: Math.min(to, length) }, scrollIntoView: true });
    view.focus();
  }

  /**
   * Dictation and measurements come in here: where the cursor is, or was before the reader went to the images.
   * @param {string} text
   */
  insert(text) {
    const focused = [...this.views.values()].find((view) => view.hasFocus) ?? this.lastFocused ?? this.views.get("findings");
    focused?.dispatch(focused.state.replaceSelection(text));
  }
}

/** @param {boolean} isEditable */
function editableExtension(isEditable) {
  return [EditorState.readOnly.of(!isEditable), EditorView.editable.of(isEditable), EditorView.editorAttributes.of({ class: isEditable ? "" : "is-read-only" })];
}
