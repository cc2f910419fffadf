/** The dialog in which a reader is chosen for one or several studies: type, arrows, Enter; whoever is barred can't be chosen. */
import { gettext, interpolate, ngettext } from "../../../pacs_core/web/assets/gettext.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";
import { makeElement } from "../../../pacs_core/web/assets/page_data.js";

export class Chooser {
  /** @param {(readerId: number, reason: string) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("assign-dialog"));
    this.input = /** @type {HTMLInputElement} */ (document.getElementById("choice-filter"));
    this.reason = /** @type {HTMLInputElement} */ (document.getElementById("assign-reason"));
    this.holder = /** @type {HTMLElement} */ (document.getElementById("choices"));
    this.button = /** @type {HTMLButtonElement} */ (document.getElementById("assign-now"));
  }

  /** @returns {HTMLElement[]} */
  get shown() {
    return /** @type {HTMLElement[]} */ ([...this.holder.querySelectorAll('[role="option"]:not([hidden])')]);
  }

  /** @returns {HTMLElement | null} */
  get current() {
    return this.holder.querySelector('[aria-selected="true"]:not([hidden])');
  }

  /** @param {HTMLTableRowElement[]} rows */
  async open(rows) {
    const title = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-case]"));
    const count = rows.length;
    title.textContent = count === 1 ? (rows[0].dataset.case ?? "") : interpolate(ngettext("%(count)s study", "%(count)s studies", count), { count });
    this.input.value = "";
    this.reason.value = "";
    this.holder.replaceChildren(makeElement("p", { class: "none quiet" }, gettext("Looking who may read it")));
    this.button.disabled = true;
    this.dialog.showModal();
    this.input.focus();
    const ids = rows.map((row) => row.dataset.key).join(",");
    try {
      this.holder.innerHTML = await fetchFragment(`${this.holder.dataset.url}?ids=${ids}`);
      this.narrow();
    } catch {
      this.holder.replaceChildren(makeElement("p", { class: "none" }, gettext("The readers could not be fetched. Close this and try again.")));
    }
  }

  /** Show the readers whose names have the letters. */
  narrow() {
    const letters = this.input.value.trim().toLowerCase();
    for (const option of /** @type {NodeListOf<HTMLElement>} */ (this.holder.querySelectorAll('[role="option"]'))) {
      option.hidden = !(option.dataset.name ?? "").toLowerCase().includes(letters);
    }
    this.holder.querySelector(".none")?.toggleAttribute("hidden", this.shown.length > 0);
    this.select(this.shown[0]);
  }

  /** @param {HTMLElement | undefined} option */
  select(option) {
    for (const other of this.holder.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option?.id ?? "");
    this.button.disabled = !option || option.dataset.state === "barred";
  }

  take() {
    const option = this.current;
    if (!option || option.dataset.state === "barred") return;
    this.dialog.close();
    this.choose(Number(option.dataset.reader), this.reason.value.trim());
  }

  start() {
    this.input.addEventListener("input", () => this.narrow());
    this.dialog.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const { shown } = this;
        const at = shown.indexOf(/** @type {HTMLElement} */ (this.current));
        this.select(shown[(at + step + shown.length) % shown.length]);
      } else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
        event.preventDefault();
        this.take();
      }
    });
    this.holder.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest('[role="option"]')) : null;
      if (option) this.select(option);
    });
    this.holder.addEventListener("dblclick", () => this.take());
    this.button.addEventListener("click", () => this.take());
  }
}
