/** Short messages: shown bottom right, spoken by screen readers, gone after eight seconds unless they matter. */
import { gettext } from "./gettext.js";
import { makeElement, makeIcon } from "./page_data.js";

const SHOWN_MILLISECONDS = 8000;
const ICONS = { fine: "check", overdue: "warning", accent: "info" };

/** @param {string} message spoken only */
export function say(message) {
  const region = document.getElementById("spoken");
  if (region) region.textContent = message;
}

/**
 * @param {string} message
 * @param {"accent" | "fine" | "overdue"} [tone] overdue stays until closed
 */
export function announce(message, tone = "accent") {
  const region = document.getElementById("toasts");
  if (!region) return;
  const close = makeElement("button", { type: "button", class: "btn btn-bare", "aria-label": gettext("Close message") }, makeIcon("close"));
  const line = makeElement("div", { class: "toast-line", "data-tone": tone }, makeIcon(ICONS[tone]), makeElement("span", {}, message), close);
  close.addEventListener("click", () => line.remove());
  region.append(line);
  while (region.children.length > 4) region.firstElementChild?.remove();
  if (tone !== "overdue") setTimeout(() => line.remove(), SHOWN_MILLISECONDS);
}

/** Messages of the server (`HX-Trigger: {"meridian:announce": {"message", "tone"}}`) and of other bundles. */
export function startAnnouncements() {
  document.addEventListener("meridian:announce", (event) => {
    const { message, tone } = /** @type {CustomEvent} */ (event).detail;
    announce(message, tone);
  });
}
