/**
 * What is done to studies by hand, with the answer in one message: what was done (and z undoes it), what was left and why. What can be
 * passed over is asked in a sentence that names the studies, and then sent again.
 */
import { announce } from "../../../pacs_core/web/assets/announcements.js";
import { askConfirmation } from "../../../pacs_core/web/assets/confirmation.js";
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../../pacs_core/web/assets/page_data.js";
import { goToSignIn, postJson } from "../../../pacs_core/web/assets/requests.js";

const ADDRESS = "/api/manual-assignments/";
const MOST_NAMED = 4;

/** @typedef {{worklist_item_id: number, reason: string, may_be_passed: boolean}} Refusal */
/** @typedef {{action: string, worklist_items: number[], radiologist?: number, reason?: string, passes_over?: boolean}} Wish */

export class Acting {
  /** @param {(id: number) => string} caseOf a study's patient and examination @param {() => void} afterwards */
  constructor(caseOf, afterwards) {
    this.caseOf = caseOf;
    this.afterwards = afterwards;
    this.line = /** @type {HTMLElement} */ (document.getElementById("outcome"));
    /** @type {object[]} */
    this.before = [];
    this.isBusy = false;
  }

  /**
   * @param {Wish} wish
   * @returns {Promise<boolean>} whether something was done
   */
  async act(wish) {
    const answer = await this.send(ADDRESS, wish);
    if (!answer) return false;
    const passable = answer.refused.filter((/** @type {Refusal} */ refusal) => refusal.may_be_passed);
    if (passable.length && !wish.passes_over && (await this.confirm(wish, passable))) {
      const again = await this.send(ADDRESS, { ...wish, passes_over: true, worklist_items: passable.map((/** @type {Refusal} */ one) => one.worklist_item_id) });
      if (again) return this.show(joined(answer, again));
    }
    return this.show(answer);
  }

  undo() {
    if (this.before.length) this.send(`${ADDRESS}restore/`, { before: this.before }).then((answer) => answer && this.show({ ...answer, done: [] }));
  }

  /** Ask for a new plan; what changes is told live. */
  async plan() {
    try {
      const { status } = await postJson(`${ADDRESS}plan/`, {});
      if (status === 401) goToSignIn();
      else if (status === 202) announce(gettext("A new plan was asked for. What changes shows here."));
      else announce(gettext("No plan was asked for: the server did not answer as it should. Try again."), "overdue");
    } catch {
      announce(gettext("No plan was asked for: there is no connection to the server. Try again."), "overdue");
    }
  }

  /**
   * @param {string} url
   * @param {object} body
   * @returns {Promise<any>}
   */
  async send(url, body) {
    if (this.isBusy) return null;
    this.isBusy = true;
    try {
      const { status, body: answer } = await postJson(url, body);
      if (status === 401) goToSignIn();
      else if (status === 200) return answer;
      else announce(answer?.detail ?? gettext("Nothing was changed: the server did not answer as it should. Try again."), "overdue");
    } catch {
      announce(gettext("Nothing was changed: there is no connection to the server. Try again."), "overdue");
    } finally {
      this.isBusy = false;
    }
    return null;
  }

  /** @param {Wish} wish @param {Refusal[]} refusals @returns {Promise<boolean>} */
  confirm(wish, refusals) {
    const reasons = [...new Set(refusals.map(({ reason }) => reason.replace(/\.$/, "")))].join("; ");
    const named = refusals.slice(0, MOST_NAMED).map(({ worklist_item_id: id }) => this.caseOf(id)).join(" · ");
    const more = refusals.length > MOST_NAMED ? interpolate(gettext(" and %(count)s more"), { count: refusals.length - MOST_NAMED }) : "";
    const words = wish.action === "assign" ? gettext("%(reasons)s. Assign anyway: %(named)s%(more)s?") : gettext("%(reasons)s. Take back anyway: %(named)s%(more)s?");
    const verb = wish.action === "assign" ? gettext("Assign anyway") : gettext("Take back anyway");
    return askConfirmation(interpolate(words, { reasons, named, more }), verb);
  }

  /** @param {any} answer @returns {boolean} */
  show(answer) {
    this.before = answer.done;
    const tone = answer.refused.length ? (answer.done.length ? "soon" : "overdue") : "fine";
    const words = makeElement("p", {}, answer.message);
    const line = makeElement("div", { class: "notice", "data-tone": tone }, makeIcon(tone), words);
    if (answer.refused.length) line.append(this.refusedList(answer.refused));
    if (answer.done.length) {
      const undo = makeElement("button", { type: "button", class: "btn btn-bare", "data-shortcut": "z", "data-label": gettext("Undo what was done") }, gettext("Undo"), makeElement("kbd", { "aria-hidden": "true" }, "z"));
      undo.addEventListener("click", () => this.undo());
      line.append(undo);
    }
    const close = makeElement("button", { type: "button", class: "btn btn-bare", "aria-label": gettext("Close message") }, makeIcon("close"));
    close.addEventListener("click", () => this.hide());
    line.append(close);
    this.line.replaceChildren(line);
    this.line.hidden = false;
    this.afterwards();
    return answer.done.length > 0;
  }

  hide() {
    this.line.hidden = true;
    this.line.replaceChildren();
    this.before = [];
  }

  /** @param {Refusal[]} refused */
  refusedList(refused) {
    const list = makeElement("ul", {}, ...refused.map(({ worklist_item_id: id, reason }) => makeElement("li", {}, `${this.caseOf(id)}: ${reason}`)));
    return makeElement("details", { class: "menu refused" }, makeElement("summary", {}, gettext("Which")), makeElement("div", { class: "menu-body" }, list));
  }
}

/** What two answers say together. @param {any} first @param {any} second */
function joined(first, second) {
  const done = [...first.done, ...second.done];
  const refused = [...first.refused.filter((/** @type {Refusal} */ one) => !one.may_be_passed), ...second.refused];
  const message = first.done.length ? `${first.message.split(". ")[0]}. ${second.message}` : second.message;
  return { message, done, refused, unchanged: [...first.unchanged, ...second.unchanged] };
}
