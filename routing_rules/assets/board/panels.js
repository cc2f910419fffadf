/** The panels below the tables: the selected reader's list, the selected study's why; each after a short rest, kept fresh. */
import { drawTimes } from "../../../pacs_core/web/assets/relative_time.js";
import { fetchFragment } from "../../../pacs_core/web/assets/requests.js";

const REST_MILLISECONDS = 90;

export class Panel {
  /** @param {string} id */
  constructor(id) {
    this.element = /** @type {HTMLElement} */ (document.getElementById(id));
    this.url = "";
    this.timer = 0;
    this.isLoading = false;
    this.isAskedAgain = false;
    /** @type {AbortController | null} */
    this.request = null;
  }

  /** @param {string} url */
  show(url) {
    this.url = url;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.load(), REST_MILLISECONDS);
  }

  /** Fetch it again unless someone writes in it; what is under way is let finish, or a busy network would never show anything. */
  refresh() {
    if (!this.url || this.element.querySelector("textarea:focus, input:focus")) return;
    if (this.isLoading) this.isAskedAgain = true;
    else this.load();
  }

  async load() {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    this.isLoading = true;
    this.isAskedAgain = false;
    try {
      const html = await fetchFragment(this.url, { signal });
      const scroll = this.element.scrollTop;
      const openDetails = [...this.element.querySelectorAll("details")].map((details) => details.open);
      this.element.innerHTML = html;
      [...this.element.querySelectorAll("details")].forEach((details, index) => (details.open = openDetails[index] ?? details.open));
      drawTimes(this.element);
      this.element.scrollTop = scroll;
      this.element.removeAttribute("data-stale");
      for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-load]"))) {
        part.innerHTML = await fetchFragment(part.dataset.load ?? "", { signal });
        /** @type {any} */ (window).htmx?.process(part);
        drawTimes(part);
      }
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.element.setAttribute("data-stale", "");
    } finally {
      if (signal === this.request.signal) {
        this.isLoading = false;
        if (this.isAskedAgain) this.show(this.url);
      }
    }
  }
}

/** Open and close what lies across the page. @param {string} buttonId @param {string} id */
export function startDrawer(buttonId, id) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById(buttonId));
  const drawer = /** @type {HTMLElement} */ (document.getElementById(id));
  const load = async () => {
    drawer.innerHTML = await fetchFragment(drawer.dataset.url ?? "");
    drawTimes(drawer);
  };
  button.addEventListener("click", () => {
    drawer.hidden = !drawer.hidden;
    button.setAttribute("aria-expanded", String(!drawer.hidden));
    if (!drawer.hidden) load().catch(() => drawer.setAttribute("data-stale", ""));
  });
  setInterval(() => drawer.hidden || document.hidden || load().catch(() => undefined), 60_000);
}

/** Fetch the timeline again every minute, and when the rota changes; whether it is open stays. @param {string} id */
export function startCover(id) {
  const cover = /** @type {HTMLElement} */ (document.getElementById(id));
  const load = async () => {
    const html = await fetchFragment(cover.dataset.url ?? "");
    // Asked only now: somebody may have opened it while the answer was on its way.
    const isOpen = cover.querySelector("details")?.open ?? false;
    const hadFocus = cover.contains(document.activeElement);
    cover.innerHTML = html;
    cover.querySelector("details")?.toggleAttribute("open", isOpen);
    if (hadFocus) cover.querySelector("summary")?.focus({ preventScroll: true });
  };
  setInterval(() => document.hidden || load().catch(() => undefined), 60_000);
  document.addEventListener("meridian:hints", (event) => {
    const { hints } = /** @type {CustomEvent} */ (event).detail;
    if (hints.some((/** @type {{event: string}} */ hint) => hint.event === "RotaChanged")) load().catch(() => undefined);
  });
}
