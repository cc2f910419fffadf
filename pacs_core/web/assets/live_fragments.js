/**
 * Fragments that follow the live hints as a whole: `<nav data-live-fragment="/worklist/views/">`, at most once a second. With
 * data-live-select the answer is a page, and the element of the same id in it is taken.
 */
import { fetchFragment } from "./requests.js";
import { drawTimes } from "./relative_time.js";

const AT_MOST_EVERY_MILLISECONDS = 1000;

/** @type {WeakMap<Element, number>} */
const timers = new WeakMap();

/** @param {HTMLElement} element */
async function refresh(element) {
  timers.delete(element);
  const url = new URL(element.dataset.liveFragment ?? "", location.href);
  for (const [name, value] of new URLSearchParams(location.search)) if (!url.searchParams.has(name)) url.searchParams.append(name, value);
  const html = await fetchFragment(url.href);
  // Asked only now: somebody may have gone elsewhere while the answer was on its way.
  const focusedId = element.contains(document.activeElement) ? document.activeElement?.id : "";
  if (element.dataset.liveSelect === undefined) element.innerHTML = html;
  else element.replaceChildren(...(new DOMParser().parseFromString(html, "text/html").getElementById(element.id)?.childNodes ?? []));
  /** @type {any} */ (window).htmx?.process(element);
  drawTimes(element);
  if (focusedId) document.getElementById(focusedId)?.focus({ preventScroll: true });
}

/** @param {HTMLElement} element @param {any[] | null} hints */
function isConcerned(element, hints) {
  const { liveEvents, liveHospital } = element.dataset;
  if (!hints) return true;
  return hints.some(({ event, hospital_id: hospital }) => (!liveEvents || liveEvents.split(" ").includes(event)) && (!liveHospital || String(hospital) === liveHospital));
}

/** @param {any[] | null} hints */
function schedule(hints) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live-fragment]"))) {
    if (timers.has(element) || !isConcerned(element, hints)) continue;
    timers.set(element, window.setTimeout(() => refresh(element).catch(() => undefined), AT_MOST_EVERY_MILLISECONDS));
  }
}

export function startLiveFragments() {
  document.addEventListener("meridian:hints", (event) => schedule(/** @type {CustomEvent} */ (event).detail.hints));
  document.addEventListener("meridian:refetch", () => schedule(null));
}
