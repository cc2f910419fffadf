/** What the server tells an open report: late images, a changed order, a taken claim. Each stays until it was seen. */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../pacs_core/web/assets/page_data.js";
import { say } from "../../pacs_core/web/assets/announcements.js";

const TONES = { AiFinding: "soon", LateImagesArrived: "soon", OrderChanged: "soon", OrderCancelled: "overdue", WorklistItemClaimed: "overdue", WorklistItemReleased: "overdue", ReportSigningFailed: "overdue" };

/**
 * @param {HTMLElement} region
 * @param {{event: string, message: string}} notice
 * @param {{label: string, run?: () => void, href?: string}} [action] href opens in a new tab and leaves the notice
 */
export function showNotice(region, { event, message }, action) {
  region.querySelector(`[data-event="${CSS.escape(event)}"]`)?.remove();
  const tone = /** @type {Record<string, string>} */ (TONES)[event] ?? "accent";
  const line = makeElement("div", { class: "notice", "data-tone": tone, "data-event": event, role: tone === "overdue" ? "alert" : "status" }, makeIcon(tone === "accent" ? "info" : tone), makeElement("p", {}, message));
  if (action?.href) {
    line.append(makeElement("a", { class: "btn btn-quiet", href: action.href, target: "_blank", rel: "noopener" }, makeIcon("pdf"), action.label));
  } else if (action) {
    const button = makeElement("button", { type: "button", class: "btn btn-quiet" }, action.label);
    button.addEventListener("click", () => {
      line.remove();
      action.run?.();
    });
    line.append(button);
  }
  const close = makeElement("button", { type: "button", class: "btn btn-bare", "aria-label": gettext("Close message") }, makeIcon("close"));
  close.addEventListener("click", () => line.remove());
  line.append(close);
  region.prepend(line);
  say(message);
}
