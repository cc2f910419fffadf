/** Joins the parts of the draft editor; the page's JSON block `rule-editor` says what to edit and where to send it. */
import { gettext, interpolate, ngettext } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, readJson } from "../../../pacs_core/web/assets/page_data.js";
import { Autosave } from "./autosave.js";
import { Draft } from "./draft.js";
import { Evidence } from "./evidence.js";
import { Preview } from "./preview.js";
import { preparePublication } from "./publication.js";
import { RuleForm } from "./rule_form.js";
import { RuleList } from "./rule_list.js";

/** @param {string} id @returns {HTMLElement} */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @typedef {import("./draft.js").Rule} Rule */

class RuleEditor {
  constructor() {
    /** @type {any} */
    const given = readJson("rule-editor", {});
    this.draft = new Draft(given.rules);
    this.nameField = /** @type {HTMLInputElement} */ (byId("draft-name"));
    this.preview = new Preview(given.urls.preview, this.draft, given.preview, () => this.drawAnswer());
    this.autosave = new Autosave({
      url: given.urls.save, editNumber: given.edit_number, show: showSaveState, onConflict: (answer) => showConflict(answer),
      read: () => ({ name: this.nameField.value.trim(), rules: this.draft.asStored() }),
    });
    this.list = new RuleList(byId("rule-cards"), this.draft, {
      preview: (rule) => this.preview.of(rule), findings: (rule) => this.findingsOf(rule), open: () => this.open(), remove: () => this.remove(),
    });
    this.form = new RuleForm(byId("rule-form"), this.draft, given.forms);
    this.evidence = new Evidence({ findings: byId("rule-findings"), figures: byId("rule-figures"), matches: byId("rule-matches") }, given.urls.matches, this.draft);
    this.listen();
    preparePublication({ urls: given.urls, autosave: this.autosave, unfinished: () => this.unfinished() });
    this.list.draw();
    this.form.draw();
    this.drawAnswer();
    this.list.focus();
  }

  listen() {
    for (const event of ["structure", "content"]) {
      this.draft.addEventListener(event, () => {
        this.autosave.ask();
        this.preview.ask();
        this.drawTools();
      });
    }
    this.draft.addEventListener("selection", () => this.drawSelection());
    this.nameField.addEventListener("input", () => this.autosave.ask());
    /** @type {Record<string, () => void>} */
    const tools = {
      "add-rule": () => this.add(), "duplicate-rule": () => this.draft.duplicate(), "remove-rule": () => this.remove(), "move-up": () => this.list.move(-1), "move-down": () => this.list.move(1),
      "undo-edit": () => this.undo(), "go-to-list": () => this.list.focus(),
    };
    for (const [id, run] of Object.entries(tools)) byId(id).addEventListener("click", run);
    byId("rule-form").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.list.focus();
    });
    byId("keep-mine-rules").closest("form")?.addEventListener("submit", () => {
      /** @type {HTMLInputElement} */ (byId("keep-mine-rules")).value = JSON.stringify(this.draft.asStored());
    });
  }

  /** @param {Rule} rule @returns {any[]} what is still to be chosen comes first, then what the server found */
  findingsOf(rule) {
    const words = this.draft.unfinished(rule);
    const unfinished = words ? [{ tone: "overdue", label: gettext("Unfinished"), words }] : [];
    return [...unfinished, ...this.preview.findingsOf(rule).filter(({ kind }) => !words || kind !== "unfinished")];
  }

  /** @returns {Rule[]} */
  unfinished() {
    return this.draft.rules.filter((rule) => this.draft.unfinished(rule));
  }

  add() {
    this.draft.add();
    this.form.focus("name");
    /** @type {HTMLInputElement | null} */ (document.querySelector(".rule-name"))?.select();
  }

  open() {
    this.form.focus("name");
  }

  remove() {
    const name = this.draft.remove();
    if (!name) return;
    this.list.focus();
    const message = interpolate(gettext("“%(name)s” is removed. Press u to undo."), { name });
    document.dispatchEvent(new CustomEvent("meridian:announce", { detail: { message, tone: "accent" } }));
  }

  undo() {
    this.draft.undo();
    this.list.focus();
  }

  drawAnswer() {
    this.list.draw();
    this.drawSelection();
    const { general, answer } = this.preview;
    byId("general-findings").replaceChildren(...general.map((finding) => makeElement("li", {}, finding.words)));
    byId("general-findings-frame").hidden = general.length === 0;
    byId("general-count").textContent = interpolate(ngettext("%(count)s gap in the coming rota", "%(count)s gaps in the coming rota", general.length), { count: general.length });
    byId("whole-words").textContent = String(answer.whole.words ?? "");
  }

  drawSelection() {
    const { selected } = this.draft;
    this.evidence.draw(this.findingsOf(selected), this.preview.of(selected), this.preview.isStale);
    this.drawTools();
  }

  drawTools() {
    const { draft } = this;
    const isDefault = draft.isDefault(draft.selected);
    const disabled = {
      "duplicate-rule": isDefault, "remove-rule": isDefault, "move-up": isDefault || draft.position === 0, "move-down": isDefault || draft.position >= draft.rules.length - 2,
      "undo-edit": draft.past.length === 0,
    };
    for (const [id, isDisabled] of Object.entries(disabled)) byId(id).toggleAttribute("disabled", isDisabled);
    const count = this.unfinished().length;
    byId("unfinished").textContent = count ? interpolate(ngettext("%(count)s rule is unfinished", "%(count)s rules are unfinished", count), { count }) : "";
  }
}

/** @param {string} tone @param {string} words */
function showSaveState(tone, words) {
  const state = byId("save-state");
  state.dataset.tone = tone;
  /** @type {HTMLElement} */ (state.querySelector("[data-words]")).textContent = words;
}

/** @param {{words?: string, changes?: string[]}} answer */
function showConflict({ words, changes = [] }) {
  byId("conflict-words").textContent = words ?? gettext("This draft no longer exists. What you see here is not saved.");
  byId("conflict-changes").replaceChildren(...changes.map((change) => makeElement("li", {}, change)));
  const dialog = /** @type {HTMLDialogElement} */ (byId("conflict"));
  byId("conflict-notice").hidden = false;
  for (const open of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (open).close();
  dialog.showModal();
}

export function startRuleEditor() {
  if (document.getElementById("rule-editor")) new RuleEditor();
}
