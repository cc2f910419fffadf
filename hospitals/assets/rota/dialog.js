/** Forms in the calendar's dialog: fetched, posted, shown again with their faults; what was done is said with a way back. */
import { announce } from "../../../pacs_core/web/assets/announcements.js";
import { gettext } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon, readMeta } from "../../../pacs_core/web/assets/page_data.js";
import { fetchFragment, goToSignIn } from "../../../pacs_core/web/assets/requests.js";

/** @typedef {{method: string, url: string, body?: object}} Undo */

let onDone = async () => {};

const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("rota-dialog"));

/** @param {DocumentFragment} content */
export function showDialog(content) {
  dialog().replaceChildren(content);
  if (!dialog().open) dialog().showModal();
  const fault = dialog().querySelector('[aria-invalid="true"], .fault');
  const field = fault?.closest(".field")?.querySelector("input, select, textarea") ?? dialog().querySelector("form input:not([type=hidden]), form select, [data-choices] button");
  /** @type {HTMLElement | null} */ (field)?.focus();
}

/** @param {string} html */
function showHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showDialog(template.content);
}

/** @param {string} url */
export async function openForm(url) {
  try {
    showHtml(await fetchFragment(url));
  } catch {
    announce(gettext("The form could not be fetched. Is the connection there?"), "overdue");
  }
}

/**
 * Post a form; on success the dialog closes and what was done is said.
 * @param {string} url
 * @param {FormData} data
 */
export async function post(url, data) {
  const response = await fetch(url, { method: "POST", credentials: "same-origin", headers: { "HX-Request": "true", "X-CSRFToken": readMeta("csrf-token") }, body: data });
  if (response.redirected && new URL(response.url).pathname.startsWith("/sign-in/")) {
    goToSignIn();
    return;
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  if (!isJson && response.status === 422) {
    showHtml(await response.text());
    return;
  }
  if (!isJson) {
    announce(gettext("That did not work. Maybe somebody else has changed it: the calendar is fetched again."), "overdue");
    await onDone();
    return;
  }
  const { said, refused, tone, undo } = await response.json();
  if (refused) {
    announce(refused, "overdue");
    return;
  }
  dialog().close();
  // What is said is true of what is seen: the calendar comes first.
  await onDone();
  show(said, tone, undo);
}

/** @param {string} words @param {string} tone @param {Undo | {}} undo */
function show(words, tone, undo) {
  const line = makeElement("div", { class: "notice", "data-tone": tone }, makeIcon(tone === "fine" ? "fine" : "soon"), makeElement("p", {}, words));
  if ("url" in undo) {
    const button = makeElement("button", { type: "button", class: "btn btn-bare", "data-shortcut": "z" }, gettext("Undo"), makeElement("kbd", { "aria-hidden": "true" }, "z"));
    button.addEventListener("click", () => takeBack(undo));
    line.append(button);
  }
  const close = makeElement("button", { type: "button", class: "btn btn-bare", "aria-label": gettext("Close message") }, makeIcon("close"));
  close.addEventListener("click", () => line.remove());
  line.append(close);
  document.getElementById("rota-said")?.replaceChildren(line);
}

/** @param {Undo} undo */
async function takeBack({ method, url, body }) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": readMeta("csrf-token") };
  const response = await fetch(url, { method, credentials: "same-origin", headers, body: method === "DELETE" ? undefined : JSON.stringify(body ?? {}) });
  await onDone();
  if (response.ok) show(gettext("Undone."), "fine", {});
  else announce(gettext("It could not be undone: the rota has changed since."), "overdue");
}

/** @param {{onDone: () => Promise<void>}} options what follows a change */
export function startDialog(options) {
  onDone = options.onDone;
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-dialog-form]") || !dialog().contains(form)) return;
    event.preventDefault();
    post(form.action, new FormData(form, /** @type {SubmitEvent} */ (event).submitter));
  });
}
