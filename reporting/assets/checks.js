/** The server's checks: marks in the text's margin, a list under it, F8 to the next, fixes by one click. */
import { setDiagnostics } from "@codemirror/lint";
import { gettext, ngettext, interpolate } from "../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../pacs_core/web/assets/page_data.js";

/** @typedef {{key?: string, section: string, severity: "error" | "warning" | "info", message: string, from: number, to: number, fix: null | string | {label: string, text: string}, blocking?: boolean}} Check */

const SHAPES = { error: "overdue", warning: "soon", info: "info" };
const WORDS = { error: gettext("Must be right"), warning: gettext("Look again"), info: gettext("Note") };

/** @param {Check} check @returns {string} its stable name, acknowledged at signing */
export function checkKey(check) {
  return check.key ?? `${check.section}:${check.from}:${check.message}`;
}

export class Checks {
  /**
   * @param {import("./editor.js").ReportEditor} editor
   * @param {HTMLElement} list
   * @param {HTMLElement} summary
   */
  constructor(editor, list, summary) {
    this.editor = editor;
    this.list = list;
    this.summary = summary;
    /** @type {Check[]} */
    this.checks = [];
    this.current = -1;
  }

  /** @returns {Check[]} those that must be confirmed when signing */
  get warnings() {
    return this.checks.filter((check) => check.severity === "warning" && !check.blocking);
  }

  /** @returns {Check[]} those that stop the signature */
  get blocking() {
    return this.checks.filter((check) => check.blocking || check.severity === "error");
  }

  /** @param {Check[]} checks */
  show(checks) {
    this.checks = checks;
    this.current = -1;
    for (const [name, view] of this.editor.views) {
      const length = view.state.doc.length;
      const diagnostics = checks.filter((check) => check.section === name).map((check) => this.#diagnostic(check, length));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    }
    this.list.replaceChildren(...checks.map((check) => this.#line(check)));
    const count = checks.filter((check) => check.severity !== "info" || check.blocking).length;
    const tone = checks.some((check) => check.severity === "error") ? "overdue" : count ? "soon" : "fine";
    const words = count ? interpolate(ngettext("%(count)s check asks for a look", "%(count)s checks ask for a look", count), { count }) : gettext("Checks find nothing to ask");
    this.summary.dataset.tone = tone;
    this.summary.replaceChildren(makeIcon(tone), words);
  }

  /** @param {Check} check @param {number} length */
  #diagnostic(check, length) {
    const fix = check.fix === null || check.fix === undefined ? null : typeof check.fix === "string" ? { label: interpolate(gettext("Change to “%(text)s”"), { text: check.fix }), text: check.fix } : check.fix;
    const actions = fix ? [{ name: fix.label, apply: (/** @type {import("@codemirror/view").EditorView} */ view, /** @type {number} */ from, /** @type {number} */ to) => view.dispatch({ changes: { from, to, insert: fix.text } }) }] : [];
    return { from: Math.min(check.from, length), to: Math.min(check.to, length), severity: check.severity, message: check.message, actions };
  }

  /** @param {Check} check @returns {HTMLElement} */
  #line(check) {
    const host = document.querySelector(`[data-section="${CSS.escape(check.section)}"]`);
    const title = /** @type {HTMLElement | null} */ (host)?.dataset.title ?? check.section;
    const word = makeElement("span", { class: "badge-line", "data-tone": SHAPES[check.severity] }, makeIcon(SHAPES[check.severity]), WORDS[check.severity]);
    const button = makeElement("button", { type: "button", class: "check-line" }, word, makeElement("span", {}, `${title}: ${check.message}`));
    button.addEventListener("click", () => this.goTo(this.checks.indexOf(check)));
    return makeElement("li", {}, button);
  }

  /** @param {number} index */
  goTo(index) {
    const check = this.checks[index];
    if (!check) return;
    this.current = index;
    this.editor.select(check.section, check.from, check.to);
  }

  goToNext() {
    if (this.checks.length) this.goTo((this.current + 1) % this.checks.length);
  }
}
