/** Two versions of one draft: both are shown with what differs, a person takes one section by section. */
import { presentableDiff } from "@codemirror/merge";
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../pacs_core/web/assets/page_data.js";
import { spellExact } from "../../pacs_core/web/assets/relative_time.js";

/**
 * @param {string} mine
 * @param {string} theirs
 * @returns {{mine: (string | Node)[], theirs: (string | Node)[]}} text with what differs marked
 */
export function markDifferences(mine, theirs) {
  /** @type {{mine: (string | Node)[], theirs: (string | Node)[]}} */
  const marked = { mine: [], theirs: [] };
  let [atMine, atTheirs] = [0, 0];
  for (const { fromA, toA, fromB, toB } of presentableDiff(mine, theirs)) {
    marked.mine.push(mine.slice(atMine, fromA), makeElement("mark", {}, mine.slice(fromA, toA)));
    marked.theirs.push(theirs.slice(atTheirs, fromB), makeElement("mark", {}, theirs.slice(fromB, toB)));
    [atMine, atTheirs] = [toA, toB];
  }
  marked.mine.push(mine.slice(atMine));
  marked.theirs.push(theirs.slice(atTheirs));
  return marked;
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} mine
 * @param {string} theirs
 * @returns {HTMLElement}
 */
function sectionChoice(name, title, mine, theirs) {
  const marked = markDifferences(mine, theirs);
  const side = (/** @type {"mine" | "theirs"} */ value, /** @type {string} */ label, /** @type {(string | Node)[]} */ content) => {
    const radio = /** @type {HTMLInputElement} */ (makeElement("input", { type: "radio", name, value }));
    radio.checked = value === "mine";
    return makeElement("label", { class: "conflict-side" }, makeElement("span", { class: "conflict-pick" }, radio, label), makeElement("span", { class: "conflict-text" }, ...content));
  };
  return makeElement("fieldset", {}, makeElement("legend", {}, title), side("mine", gettext("Written here"), marked.mine), side("theirs", gettext("On the server"), marked.theirs));
}

/**
 * @param {import("./editor.js").Sections} mine
 * @param {import("./draft_sync.js").OtherVersion} other
 * @param {(name: string) => string} titleOf
 * @returns {Promise<import("./editor.js").Sections>} the sections that were chosen
 */
export function resolveConflict(mine, other, titleOf) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("conflict"));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const body = /** @type {HTMLElement} */ (dialog.querySelector("[data-sections]"));
  const who = /** @type {HTMLElement} */ (dialog.querySelector("[data-who]"));
  who.textContent = interpolate(gettext("%(name)s saved another text at %(time)s. Nothing is lost: choose for each section."), { name: other.saved_by, time: spellExact(new Date(other.saved_at), undefined) });
  const differing = Object.keys(other.sections).filter((name) => (mine[name] ?? "") !== other.sections[name]);
  body.replaceChildren(...differing.map((name) => sectionChoice(name, titleOf(name), mine[name] ?? "", other.sections[name])));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener(
      "submit",
      () => {
        const choice = new FormData(form);
        const chosen = Object.fromEntries(Object.keys(other.sections).map((name) => [name, choice.get(name) === "mine" ? (mine[name] ?? "") : other.sections[name]]));
        resolve(chosen);
      },
      { once: true },
    );
  });
}
