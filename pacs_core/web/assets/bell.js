/**
 * The bell: what this person is told, fetched from `<div id="bell" data-bell-url>` and again whenever a hint says that it has changed.
 * Calls, alerts and messages also stand in the strip under the top bar until they are acknowledged.
 */
import { AlertStrip } from "./alert_strip.js";
import { announce } from "./announcements.js";
import { gettext, interpolate, ngettext } from "./gettext.js";
import { readMeta } from "./page_data.js";
import { isOutside, setOutside } from "./outside.js";
import { drawTimes } from "./relative_time.js";
import { fetchFragment } from "./requests.js";

const GATHER_MILLISECONDS = 120;
const TRY_AGAIN_MILLISECONDS = 5000;

/** @param {string} html @returns {DocumentFragment} */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

class Bell {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.menu = /** @type {HTMLDetailsElement} */ (root.querySelector("details"));
    this.panel = /** @type {HTMLElement} */ (root.querySelector("[data-bell-panel]"));
    this.count = /** @type {HTMLElement} */ (root.querySelector("[data-bell-count]"));
    this.strip = new AlertStrip(/** @type {HTMLElement} */ (document.getElementById("alert-strip")));
    this.timer = 0;
  }

  start() {
    this.strip.start();
    this.load();
    const ownId = Number(document.body.dataset.userId);
    document.addEventListener("meridian:hints", (event) => {
      const { hints } = /** @type {CustomEvent<{hints: any[]}>} */ (event).detail;
      if (hints.some((hint) => hint.event === "NoticesChanged" && (hint.ids.user_ids ?? []).includes(ownId))) this.schedule(GATHER_MILLISECONDS);
    });
    document.addEventListener("meridian:refetch", () => this.schedule(GATHER_MILLISECONDS));
    document.addEventListener("click", (event) => this.onClick(event));
    this.menu.addEventListener("toggle", () => this.onToggle());
    this.panel.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param {number} milliseconds */
  schedule(milliseconds) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.load(), milliseconds);
  }

  load() {
    fetchFragment(this.root.dataset.bellUrl ?? "").then(
      (html) => this.show(html),
      () => this.schedule(TRY_AGAIN_MILLISECONDS),
    );
  }

  /** @param {string} html @param {boolean} [isOwn] whether it answers what the person has just done here */
  show(html, isOwn = false) {
    const fresh = parse(html);
    const body = /** @type {HTMLElement | null} */ (fresh.querySelector("[data-bell-body]"));
    if (!body) return;
    const alerts = /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll(".alert-line")]);
    const focusedId = this.panel.contains(document.activeElement) ? document.activeElement?.id : "";
    const scroll = this.panel.querySelector(".bell-list")?.scrollTop ?? 0;
    this.panel.replaceChildren(body);
    const list = this.panel.querySelector(".bell-list");
    if (list) list.scrollTop = scroll;
    if (focusedId) (document.getElementById(focusedId) ?? this.firstControl())?.focus({ preventScroll: true });
    this.drawCount(Number(body.dataset.unread));
    this.drawOutside();
    this.strip.show(alerts, isOwn);
    drawTimes(this.panel);
  }

  /** @param {number} unread */
  drawCount(unread) {
    this.count.hidden = unread === 0;
    this.count.textContent = unread > 99 ? "99+" : String(unread);
    const words = interpolate(ngettext("%(count)s unread notice", "%(count)s unread notices", unread), { count: unread });
    this.menu.querySelector("summary")?.setAttribute("aria-label", unread ? `${gettext("Notices")}, ${words}` : gettext("Notices"));
  }

  drawOutside() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.panel.querySelectorAll("[data-outside]"))) {
      button.setAttribute("aria-pressed", String(isOutside(button.dataset.outside ?? "")));
    }
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    const outside = /** @type {HTMLElement | null | undefined} */ (target?.closest("[data-outside]"));
    if (outside) setOutside(outside.dataset.outside ?? "").then(() => this.drawOutside());
    const control = /** @type {HTMLElement | null | undefined} */ (target?.closest("[data-notice-url]"));
    if (control) this.acknowledge(control.dataset.noticeUrl ?? "");
  }

  /** @param {string} url */
  async acknowledge(url) {
    try {
      this.show(await fetchFragment(url, { method: "POST", headers: { "X-CSRFToken": readMeta("csrf-token") } }), true);
    } catch {
      announce(gettext("Not marked as read: the server does not answer. Try again."), "overdue");
    }
  }

  /** @returns {HTMLElement | null} */
  firstControl() {
    return this.panel.querySelector(".bell-list a, .bell-list button") ?? this.panel.querySelector("button");
  }

  onToggle() {
    if (!this.menu.open) return;
    drawTimes(this.panel);
    this.firstControl()?.focus();
  }

  /** Arrow keys go from notice to notice. @param {KeyboardEvent} event */
  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const lines = [...this.panel.querySelectorAll(".bell-line")];
    const at = lines.findIndex((line) => line.contains(document.activeElement));
    const next = lines[Math.min(Math.max(at + step, 0), lines.length - 1)];
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector("a, button"))?.focus();
  }
}

export function startBell() {
  const root = document.getElementById("bell");
  if (root) new Bell(root).start();
}
