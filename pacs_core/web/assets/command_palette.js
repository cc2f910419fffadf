/** Ctrl K: every action this person may do here, from the page's `commands` block and from controls with data-command or a key. */
import { gettext } from "./gettext.js";
import { makeElement, makeIcon, readJson } from "./page_data.js";
import { controlLabel, shortcutControls } from "./shortcuts.js";

/** @typedef {{label: string, group: string, icon?: string, key?: string, run: () => void}} Command */

/** @type {Command[]} */
let shown = [];
let current = 0;

/** @returns {Command[]} */
function collectCommands() {
  const onPage = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-command]")]);
  const controls = [...new Set([...onPage, ...shortcutControls()])].filter((element) => element.dataset.opens !== "palette");
  // What the page is for comes before what the frame offers everywhere.
  const isOfPage = (/** @type {HTMLElement} */ element) => Number(element.closest("main") !== null);
  controls.sort((left, right) => isOfPage(right) - isOfPage(left));
  /** @type {Command[]} */
  const commands = controls.map((element) => ({
    label: element.dataset.command || controlLabel(element),
    group: element.dataset.group || gettext("This page"),
    icon: element.dataset.icon,
    key: element.dataset.shortcut,
    run: () => (element.matches("input, select, textarea") ? element.focus() : element.click()),
  }));
  /** @type {{label: string, url: string, group?: string, icon?: string}[]} */
  const fromServer = readJson("commands", []);
  for (const { label, url, group, icon } of fromServer) commands.push({ label, icon, group: group ?? gettext("Go to"), run: () => location.assign(url) });
  return commands;
}

/**
 * Letters in order, those that begin words first.
 * @param {string} label
 * @param {string} query
 * @returns {number} 0 for no match
 */
export function matchScore(label, query) {
  const text = label.toLowerCase();
  if (!query) return 1;
  const at = text.indexOf(query);
  if (at === 0) return 100;
  if (at > 0) return text[at - 1] === " " ? 80 : 50;
  let position = 0;
  for (const letter of query) {
    position = text.indexOf(letter, position) + 1;
    if (position === 0) return 0;
  }
  return 10;
}

/** @param {HTMLElement} list @param {HTMLInputElement} input */
function drawCommands(list, input) {
  const query = input.value.trim().toLowerCase();
  const ranked = collectCommands().map((command) => ({ command, score: matchScore(command.label, query) }));
  shown = ranked.filter(({ score }) => score > 0).sort((left, right) => right.score - left.score).map(({ command }) => command);
  current = Math.min(current, Math.max(shown.length - 1, 0));
  list.replaceChildren(
    ...shown.map((command, index) => {
      const line = makeElement("li", { role: "option", id: `command-${index}`, "aria-selected": String(index === current) }, makeIcon(command.icon ?? "next"), makeElement("span", {}, command.label));
      line.append(makeElement("span", { class: "group" }, command.group));
      if (command.key) line.append(makeElement("kbd", {}, command.key === " " ? "Space" : command.key));
      line.dataset.index = String(index);
      return line;
    }),
  );
  input.setAttribute("aria-activedescendant", shown.length ? `command-${current}` : "");
  list.nextElementSibling?.toggleAttribute("hidden", shown.length > 0);
  list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
}

/** Wire the palette dialog of base.html. */
export function startCommandPalette() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
  const input = dialog?.querySelector("input");
  const list = /** @type {HTMLElement | null | undefined} */ (dialog?.querySelector('[role="listbox"]'));
  if (!dialog || !input || !list) return;
  const run = (/** @type {number} */ index) => {
    dialog.close();
    shown[index]?.run();
  };
  dialog.addEventListener("toggle", () => {
    if (!dialog.open) return;
    input.value = "";
    current = 0;
    drawCommands(list, input);
  });
  input.addEventListener("input", () => {
    current = 0;
    drawCommands(list, input);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      event.preventDefault();
      current = (current + step + shown.length) % shown.length;
      drawCommands(list, input);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(current);
    }
  });
  list.addEventListener("click", (event) => {
    const line = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("li")) : null;
    if (line) run(Number(line.dataset.index));
  });
}
