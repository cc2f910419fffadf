/** Beside the form: what was found about the selected rule, how many examinations it takes, and which. */
import { gettext } from "../../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon, readMeta } from "../../../pacs_core/web/assets/page_data.js";
import { drawTimes } from "../../../pacs_core/web/assets/relative_time.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";

const REST_MILLISECONDS = 250;

/** @typedef {import("./draft.js").Draft} Draft */

export class Evidence {
  /**
   * @param {{findings: HTMLElement, figures: HTMLElement, matches: HTMLElement}} places
   * @param {string} url of the examinations that a rule takes
   * @param {Draft} draft
   */
  constructor(places, url, draft) {
    this.places = places;
    this.url = url;
    this.draft = draft;
    this.timer = 0;
    this.serial = 0;
  }

  /**
   * @param {{tone: string, label: string, words: string}[]} findings
   * @param {{words: string, now: number, recent: number} | undefined} preview
   * @param {boolean} isStale
   */
  draw(findings, preview, isStale) {
    this.places.findings.replaceChildren(
      ...findings.map(({ tone, label, words }) =>
        makeElement("div", { class: "notice", "data-tone": tone }, makeIcon(tone === "overdue" ? "overdue" : "warning"), makeElement("p", {}, makeElement("strong", {}, label), " ", words)),
      ),
    );
    const [now, recent] = this.places.figures.querySelectorAll("b");
    now.textContent = String(preview?.now ?? "–");
    recent.textContent = String(preview?.recent ?? "–");
    this.places.figures.toggleAttribute("data-stale", isStale);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.fetch(), REST_MILLISECONDS);
  }

  async fetch() {
    this.serial += 1;
    const serial = this.serial;
    const body = JSON.stringify({ rules: this.draft.asStored(), position: this.draft.position });
    try {
      const html = await fetchFragment(this.url, { method: "POST", body, headers: { "X-CSRFToken": readMeta("csrf-token"), "Content-Type": "application/json" } });
      if (serial !== this.serial) return;
      this.places.matches.innerHTML = html;
      drawTimes(this.places.matches);
    } catch {
      if (serial === this.serial) this.places.matches.replaceChildren(makeElement("p", { class: "quiet" }, gettext("Which examinations: not known just now, no connection.")));
    }
  }
}
