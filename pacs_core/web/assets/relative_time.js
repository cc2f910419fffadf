/**
 * Times as people say them. `<time datetime data-relative data-zone="Europe/Athens">` becomes "12 min ago" with the exact time in the
 * hospital's zone on hover (and the viewer's own when they differ); `<time class="countdown" data-soon-minutes>` counts to a deadline.
 */
import { gettext, interpolate } from "./gettext.js";

const MINUTE = 60_000;

/**
 * @param {number} milliseconds
 * @returns {string} "4 min", "3 h 05", "2 d"
 */
export function spellDuration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / MINUTE);
  if (minutes < 60) return interpolate(gettext("%(minutes)s min"), { minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return interpolate(gettext("%(hours)s h %(minutes)s"), { hours, minutes: String(minutes % 60).padStart(2, "0") });
  return interpolate(gettext("%(days)s d"), { days: Math.floor(hours / 24) });
}

/**
 * @param {Date} instant
 * @param {string | undefined} zone
 * @returns {string}
 */
export function spellExact(instant, zone) {
  const spell = (/** @type {string | undefined} */ timeZone) =>
    new Intl.DateTimeFormat(document.documentElement.lang || "en", {
      year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone, timeZoneName: "short",
    }).format(instant);
  const there = spell(zone || undefined);
  const here = spell(undefined);
  return !zone || here === there ? there : interpolate(gettext("%(there)s at the hospital, %(here)s here"), { there, here });
}

/** @param {HTMLTimeElement} element @param {number} now */
function drawRelative(element, now) {
  const instant = new Date(element.dateTime);
  const past = now - instant.getTime();
  const duration = spellDuration(past);
  if (Math.abs(past) < MINUTE) element.textContent = gettext("now");
  else element.textContent = past > 0 ? interpolate(gettext("%(duration)s ago"), { duration }) : interpolate(gettext("in %(duration)s"), { duration });
  element.title = spellExact(instant, element.dataset.zone);
}

/** @param {HTMLTimeElement} element @param {number} now */
function drawCountdown(element, now) {
  const instant = new Date(element.dateTime);
  const left = instant.getTime() - now;
  const soon = Number(element.dataset.soonMinutes ?? 30) * MINUTE;
  const state = left < 0 ? "overdue" : left < soon ? "soon" : "fine";
  const words = { overdue: gettext("overdue"), soon: gettext("soon"), fine: gettext("fine") };
  element.dataset.state = state;
  const word = element.querySelector(".word");
  const figure = element.querySelector(".left");
  if (word && word.textContent !== words[state]) word.textContent = words[state];
  if (figure) figure.textContent = spellDuration(left);
  element.title = interpolate(gettext("Due %(exact)s"), { exact: spellExact(instant, element.dataset.zone) });
}

/** @param {ParentNode} [root] */
export function drawTimes(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[data-relative]")) drawRelative(/** @type {HTMLTimeElement} */ (element), now);
  for (const element of root.querySelectorAll("time.countdown[datetime]")) drawCountdown(/** @type {HTMLTimeElement} */ (element), now);
}

/** Draw now, every ten seconds, and whenever new rows or fragments arrive. */
export function startRelativeTimes() {
  drawTimes();
  setInterval(() => document.hidden || drawTimes(), 10_000);
  document.addEventListener("htmx:after:swap", () => drawTimes());
  document.addEventListener("meridian:rows-changed", () => drawTimes());
  document.addEventListener("visibilitychange", () => document.hidden || drawTimes());
}
