/** The warnings that a reader confirms before a reading ends. */
import { makeElement } from "../../pacs_core/web/assets/page_data.js";
import { checkKey } from "./checks.js";

/** @param {HTMLElement} dialog @param {import("./checks.js").Check[]} warnings */
export function showAcknowledgements(dialog, warnings) {
  const list = /** @type {HTMLElement} */ (dialog.querySelector("[data-acknowledge]"));
  list.replaceChildren(
    ...warnings.map((check) => makeElement("label", { class: "acknowledge" }, makeElement("input", { type: "checkbox", name: "acknowledged", value: checkKey(check), required: "" }), check.message)),
  );
  list.hidden = warnings.length === 0;
}
