/**
 * One key, one visible control: an element with data-shortcut="n" is clicked (or focused, when it is a field) by that key.
 * Keys that belong to no control are listed in `<script type="application/json" data-keys>`; `?` shows them all.
 */
import { makeElement } from "./page_data.js";

/**
 * @param {EventTarget | null} target
 * @returns {boolean} whether typing there is text
 */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/**
 * The pressed keys as written in data-shortcut: "n", "/", "Ctrl+k", "Shift+F3".
 * @param {KeyboardEvent} event
 * @returns {string}
 */
export function keyName(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const modifiers = [];
  if (event.ctrlKey || event.metaKey) modifiers.push("Ctrl");
  if (event.altKey) modifiers.push("Alt");
  if (event.shiftKey && event.key.length > 1) modifiers.push("Shift");
  return [...modifiers, key].join("+");
}

/** @returns {HTMLElement[]} controls with a key that can be used now; those in a closed menu can */
export function shortcutControls() {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-shortcut]")]);
  const isReachable = (/** @type {HTMLElement} */ element) => element.checkVisibility() || (element.closest("details.menu:not([open])")?.checkVisibility() ?? false);
  return all.filter((element) => isReachable(element) && !element.hasAttribute("disabled"));
}

/** @param {HTMLElement} element @returns {string} */
export function controlLabel(element) {
  const named = element.dataset.label || element.dataset.command || element.getAttribute("aria-label");
  if (named) return named;
  const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
  for (const key of copy.querySelectorAll("kbd")) key.remove();
  return copy.textContent?.trim().replace(/\s+/g, " ") ?? "";
}

/**
 * Do what this key does on this page, unless a dialog is open.
 * @param {string} name as in data-shortcut
 * @returns {boolean} whether it does anything
 */
export function pressShortcut(name) {
  if (document.querySelector("dialog[open]")) return false;
  const control = shortcutControls().find((element) => element.dataset.shortcut === name);
  if (!control) return false;
  if (control.matches("input, textarea, select")) {
    control.focus();
    if (control instanceof HTMLInputElement) control.select();
  } else control.click();
  return true;
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = keyName(event);
  const isFunctionKey = /^(Shift\+)?F\d+$/.test(name);
  if (!name.startsWith("Ctrl+") && !name.startsWith("Alt+") && !isFunctionKey && isTyping(event.target)) return;
  if (pressShortcut(name)) event.preventDefault();
}

/** Fill the `?` dialog with what works on this page now. */
function fillKeyHelp() {
  const list = document.querySelector("#key-help .key-list");
  if (!list) return;
  const rows = shortcutControls().map((element) => ({ key: element.dataset.shortcut ?? "", label: controlLabel(element) }));
  for (const block of document.querySelectorAll("script[data-keys]")) rows.push(...JSON.parse(block.textContent || "[]"));
  list.replaceChildren(
    ...rows.map(({ key, label }) =>
      makeElement("div", {}, makeElement("dt", {}, label), makeElement("dd", {}, makeElement("kbd", {}, key === " " ? "Space" : key))),
    ),
  );
}

/** Listen for keys and for buttons that open a dialog (data-opens="id") or close theirs (data-closes). */
export function startShortcuts() {
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = /** @type {HTMLElement | null} */ (target?.closest("[data-opens]"));
    if (opener) {
      if (opener.dataset.opens === "key-help") fillKeyHelp();
      /** @type {HTMLDialogElement | null} */ (document.getElementById(opener.dataset.opens ?? ""))?.showModal();
    }
    if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!target || !menu.contains(target)) menu.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
  });
}
