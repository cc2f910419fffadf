/** Say in the top bar whether the page is live, and above it since when it may be out of date. */
import { gettext, interpolate } from "./gettext.js";

const BANNER_AFTER_MILLISECONDS = 2500;
const WORDS = { live: gettext("Live"), connecting: gettext("Connecting"), lost: gettext("No connection") };

/** @param {number} instant @returns {string} */
function clock(instant) {
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(instant);
}

export function startConnectionState() {
  const sign = document.getElementById("connection");
  const banner = document.getElementById("stale-banner");
  if (!sign || !banner) return;
  let lostSince = 0;
  let bannerTimer = 0;
  const words = /** @type {HTMLElement} */ (sign.querySelector(".words"));
  document.addEventListener("meridian:connection", (event) => {
    const { state, since } = /** @type {CustomEvent<{state: keyof typeof WORDS, since: number}>} */ (event).detail;
    sign.dataset.state = state;
    for (const shape of sign.querySelectorAll("[data-for]")) shape.toggleAttribute("hidden", shape.getAttribute("data-for") !== state);
    if (state === "live") {
      lostSince = 0;
      clearTimeout(bannerTimer);
      banner.hidden = true;
      words.textContent = WORDS.live;
      sign.title = "";
      return;
    }
    if (!lostSince) {
      lostSince = since;
      bannerTimer = window.setTimeout(() => {
        banner.hidden = false;
      }, BANNER_AFTER_MILLISECONDS);
    }
    words.textContent = interpolate(gettext("%(state)s since %(clock)s"), { state: WORDS[state], clock: clock(lostSince) });
    const sentence = banner.querySelector("[data-since]");
    if (sentence) sentence.textContent = interpolate(gettext("No live connection since %(clock)s. What you see may be out of date; it catches up by itself."), { clock: clock(lostSince) });
  });
}
