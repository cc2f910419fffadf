/** Each priority's worked example and its line of time, as the shares in the form would have them. */
import { gettext, interpolate } from "../../../pacs_core/web/assets/gettext.js";

const WORDS = {
  remind_reader: gettext("reader reminded at %(at)s"),
  widen_pool: gettext("pool widened at %(at)s"),
  alert_coordinator: gettext("coordinators alerted at %(at)s"),
  call_on_call: gettext("on-call readers called at %(at)s"),
};

/**
 * @param {number} minutes
 * @returns {string} as the server spells them: 45 min, 2 h 05, 3 d 4 h
 */
export function spellMinutes(minutes) {
  const whole = Math.round(minutes);
  if (whole < 60) return `${whole} min`;
  if (whole < 48 * 60) return `${Math.floor(whole / 60)} h${whole % 60 ? ` ${String(whole % 60).padStart(2, "0")}` : ""}`;
  const hours = Math.floor((whole % 1440) / 60);
  return `${Math.floor(whole / 1440)} d${hours ? ` ${hours} h` : ""}`;
}

/** @param {HTMLElement} line @returns {{step: keyof typeof WORDS, percent: number, cell: HTMLElement}[]} */
function sharesOf(line) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...line.querySelectorAll("input[data-step]")]);
  return inputs.map((input) => ({
    step: /** @type {keyof typeof WORDS} */ (input.dataset.step),
    percent: input.validity.valid ? Number(input.value) : 0,
    cell: /** @type {HTMLElement} */ (input.closest("td")),
  }));
}

/** @param {HTMLElement} line */
function drawLine(line) {
  const minutes = Number(line.dataset.minutes);
  const shares = sharesOf(line);
  const scale = Math.max(100, ...shares.map(({ percent }) => percent));
  const place = (/** @type {number} */ percent) => `${((percent / scale) * 100).toFixed(2)}%`;
  for (const { step, percent, cell } of shares) {
    const at = cell.querySelector("[data-at]");
    if (at) at.textContent = percent ? spellMinutes((percent / 100) * minutes) : "";
    const mark = line.querySelector(`[data-mark="${step}"]`);
    mark?.toggleAttribute("hidden", !percent);
    mark?.querySelector("circle")?.setAttribute("cx", place(percent));
  }
  for (const end of ["x1", "x2"]) line.querySelector(".deadline")?.setAttribute(end, place(100));
  const taken = shares.filter(({ percent }) => percent).sort((left, right) => left.percent - right.percent);
  const steps = taken.map(({ step, percent }) => interpolate(WORDS[step], { at: spellMinutes((percent / 100) * minutes) }));
  const example = line.querySelector("[data-example]");
  if (example) example.textContent = `${line.dataset.label}, ${spellMinutes(minutes)}: ${steps.join(", ") || gettext("nothing is done")}.`;
}

export function startExamples() {
  const form = document.getElementById("escalation-form");
  if (!form) return;
  const lines = /** @type {HTMLElement[]} */ ([...form.querySelectorAll(".escalation-line")]);
  lines.forEach(drawLine);
  form.addEventListener("input", (event) => {
    const line = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(".escalation-line")) : null;
    if (line) drawLine(line);
  });
  document.getElementById("escalation-defaults")?.addEventListener("click", () => {
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[data-step]"))) input.value = input.closest("td")?.dataset.default ?? "";
    lines.forEach(drawLine);
  });
}
