/** Forms that say what is wrong while one types, in one line under the field; filter bars that apply a choice at once. */
import { makeElement, makeIcon } from "./page_data.js";

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} control */
function showValidity(control) {
  const field = control.closest(".field");
  if (!field || !control.willValidate) return;
  field.querySelector(".fault[data-live]")?.remove();
  if (control.validity.valid) {
    control.removeAttribute("aria-invalid");
    return;
  }
  control.setAttribute("aria-invalid", "true");
  const words = control.validity.patternMismatch && control.title ? control.title : control.validationMessage;
  field.append(makeElement("p", { class: "fault m-0", "data-live": "", role: "status" }, makeIcon("overdue"), words));
}

export function startForms() {
  document.addEventListener("change", (event) => {
    const control = /** @type {any} */ (event.target);
    if (control instanceof Element && control.closest("form[data-validate]")) showValidity(/** @type {HTMLInputElement} */ (control));
    const bar = control instanceof Element ? control.closest("form[data-filter-bar]") : null;
    if (bar && !(/** @type {Element} */ (control).matches('input[type="search"], input[type="text"]'))) /** @type {HTMLFormElement} */ (bar).requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const control = /** @type {any} */ (event.target);
    if (control instanceof Element && control.getAttribute("aria-invalid") === "true" && control.closest("form[data-validate]")) showValidity(/** @type {HTMLInputElement} */ (control));
  });
}
