/** Two texts of a report side by side, fetched each time they are asked for: the text may have changed. */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../pacs_core/web/assets/page_data.js";
import { fetchFragment } from "../../pacs_core/web/assets/requests.js";

export class ComparisonDialog {
  /** @param {HTMLElement} button @param {() => Promise<unknown>} beforeOpening saves what is typed, so that it is compared too */
  constructor(button, beforeOpening) {
    this.url = button.dataset.url ?? "";
    this.beforeOpening = beforeOpening;
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("comparison"));
    this.content = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-content]"));
    button.addEventListener("click", () => this.open());
    this.content.addEventListener("click", (event) => {
      const chosen = event.target instanceof Element ? event.target.closest("[data-reading]") : null;
      if (chosen instanceof HTMLElement) this.#show(`${this.url}?reading=${chosen.dataset.reading}`);
    });
  }

  async open() {
    await this.beforeOpening();
    await this.#show(this.url);
    if (!this.dialog.open) this.dialog.showModal();
    this.content.focus();
  }

  /** @param {string} url */
  async #show(url) {
    try {
      this.content.innerHTML = await fetchFragment(url);
    } catch {
      this.content.replaceChildren(makeElement("p", {}, gettext("The readings could not be fetched. Try again when the connection is back.")));
    }
  }
}

/**
 * @param {() => Promise<unknown>} beforeOpening
 * @param {boolean} opens at once
 */
export function startComparison(beforeOpening, opens) {
  const button = document.getElementById("compare-button");
  if (!button) return;
  const comparison = new ComparisonDialog(button, beforeOpening);
  if (opens || new URLSearchParams(location.search).has("compare")) comparison.open();
}
