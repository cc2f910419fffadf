/** Choose a procedure for the meant names by typing: the list shows what has the words and the names' modality. */
import { countOfNames } from "./names.js";

// Digital and computed radiography are one examination, as in routing_rules/procedure_words.py.
const ONE_MODALITY = { DX: "CR" };

/** @param {string} modality @returns {string} */
const family = (modality) => ONE_MODALITY[/** @type {"DX"} */ (modality)] ?? modality;

/** @param {import("./names.js").Names} names */
export function startChooser(names) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("chooser"));
  const words = /** @type {HTMLInputElement} */ (document.getElementById("chooser-words"));
  const list = /** @type {HTMLSelectElement} */ (document.getElementById("chooser-list"));
  const take = /** @type {HTMLButtonElement} */ (document.getElementById("chooser-take"));
  const all = [...list.options];

  const draw = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(names.meant.map((row) => family(row.dataset.modality ?? "")).filter(Boolean));
    const shown = all.filter((option) => {
      const isSame = wanted.size === 0 || (wanted.size === 1 && wanted.has(family(option.dataset.modality ?? "")));
      return isSame && asked.every((word) => option.text.toLowerCase().includes(word));
    });
    list.replaceChildren(...shown);
    list.selectedIndex = shown.length ? 0 : -1;
    take.disabled = !shown.length;
  };
  const choose = () => {
    if (!list.value) return;
    const chosen = list.value;
    dialog.close();
    names.mapMeant(chosen);
  };

  document.getElementById("choose-button")?.addEventListener("click", () => {
    const { meant } = names;
    const title = /** @type {HTMLElement} */ (dialog.querySelector("[data-for]"));
    title.textContent = meant.length === 1 ? (meant[0].dataset.called ?? "") : countOfNames(meant.length);
    words.value = "";
    draw();
    dialog.showModal();
    words.focus();
  });
  words.addEventListener("input", draw);
  words.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    list.selectedIndex = Math.min(Math.max(list.selectedIndex + step, 0), list.options.length - 1);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || (event.target instanceof HTMLButtonElement && event.target !== take)) return;
    event.preventDefault();
    choose();
  });
  list.addEventListener("dblclick", choose);
  take.addEventListener("click", choose);
}
