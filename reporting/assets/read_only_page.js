/**
 * A report that someone else writes, or that is closed: the page hears what happens to it and never loads itself again, so the images
 * stay as they were put.
 */
import { gettext } from "../../pacs_core/web/assets/gettext.js";
import { makeElement } from "../../pacs_core/web/assets/page_data.js";
import { getJson } from "../../pacs_core/web/assets/requests.js";
import { showNotice } from "./notices.js";
import { ReportSocket } from "./report_socket.js";

const OF_ITEM = ["WorklistItemAssigned", "WorklistItemClaimed", "WorklistItemReleased", "WorklistItemChanged", "WorklistItemClosed"];

export class ReadOnlyPage {
  /** @param {import("./reading_page.js").ReportData} data */
  constructor(data) {
    this.data = data;
    this.region = /** @type {HTMLElement} */ (document.getElementById("report-notices"));
    this.wasOpen = false;
  }

  start() {
    if (!this.data.socket_path) {
      this.#followItem();
      return;
    }
    const onState = (/** @type {boolean} */ isOpen) => {
      // Back after a break: what was said meanwhile is asked for.
      if (isOpen && this.wasOpen) this.#refresh();
      this.wasOpen ||= isOpen;
    };
    new ReportSocket(this.data.socket_path, { onNotice: (notice) => this.onNotice(notice), onState }).connect();
  }

  /** Nobody has begun a report, so no socket tells of it: only that it changed is known. */
  #followItem() {
    document.addEventListener("meridian:hints", (event) => {
      const { hints } = /** @type {CustomEvent} */ (event).detail;
      if (!hints.some((/** @type {any} */ hint) => OF_ITEM.includes(hint.event) && hint.ids?.worklist_item_id === this.data.worklist_item_id)) return;
      this.#offer("Holder", gettext("Who reads this examination has changed."), gettext("Show it"));
    });
  }

  /** @param {any} notice */
  onNotice(notice) {
    const { event, message } = notice;
    if (event === "StudyAnnotated") document.dispatchEvent(new CustomEvent("meridian:annotated"));
    else if (event === "ReportSigned") this.#onSigned(message, notice.pdf_url);
    else if (notice.may_claim) this.#offer("Holder", message, gettext("Claim and read"));
    else if ("holder" in notice) this.#onHolder(message);
    else this.#offer(event, message, gettext("Show it"));
  }

  /** @param {string} message who reads now, said where the page said it before; empty when that is no longer the point */
  #onHolder(message) {
    this.region.querySelector('[data-event="Holder"]')?.remove();
    const reason = document.getElementById("read-only-reason");
    const words = reason?.querySelector("p");
    if (!reason || !words) return;
    words.textContent = message;
    reason.hidden = !message;
  }

  /** @param {string} message @param {string} pdfUrl */
  #onSigned(message, pdfUrl) {
    this.#onHolder("");
    showNotice(this.region, { event: "ReportSigned", message }, { label: gettext("Signed PDF"), href: pdfUrl });
    this.#showText();
  }

  /** @param {string} event @param {string} message @param {string} label loads the page again, which claims what is free */
  #offer(event, message, label) {
    showNotice(this.region, { event, message }, { label, run: () => location.reload() });
  }

  async #refresh() {
    const body = await this.#showText();
    if (body?.status === "signed" && body.pdf_url) this.#onSigned(gettext("The report is signed."), body.pdf_url);
  }

  /** @returns {Promise<any>} the report as it is now; its text is on the page */
  async #showText() {
    const { status, body } = await getJson(`/api/reports/${this.data.report_id}/`).catch(() => ({ status: 0, body: null }));
    if (status !== 200) return null;
    for (const host of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-shown]"))) {
      const text = String(body.sections[host.dataset.shown ?? ""] ?? "").trim() || "–";
      host.replaceChildren(...text.split(/\n{2,}/).map((part) => makeElement("p", { class: "as-typed" }, part)));
    }
    return body;
  }
}
