/** What the foot of the editor says about the text: where it is safe, and since when not on the server. */
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";

const SIGNS = {
  saved: { icon: "check", tone: "fine" },
  typing: { icon: "edit", tone: "quiet" },
  saving: { icon: "connecting", tone: "quiet" },
  offline: { icon: "lost", tone: "overdue" },
  conflict: { icon: "soon", tone: "soon" },
  refused: { icon: "lock", tone: "overdue" },
};

/** @param {string | number} instant */
function clock(instant) {
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(instant));
}

export class SaveStateSign {
  /** @param {HTMLElement} sign @param {HTMLElement} banner */
  constructor(sign, banner) {
    this.sign = sign;
    this.banner = banner;
    this.offlineSince = 0;
  }

  /** @param {import("./draft_sync.js").SaveState} state @param {any} [detail] */
  show(state, detail = {}) {
    if (state === "offline") this.offlineSince ||= Date.now();
    else if (state === "saved") this.offlineSince = 0;
    const words = {
      saved: detail.savedAt ? interpolate(gettext("Saved %(time)s"), { time: clock(detail.savedAt) }) : gettext("Saved"),
      typing: gettext("Kept in this browser"),
      saving: gettext("Saving"),
      offline: interpolate(gettext("Not on the server since %(time)s"), { time: clock(this.offlineSince || Date.now()) }),
      conflict: gettext("Another text was saved"),
      refused: gettext("Not saved"),
    };
    const shown = this.offlineSince && (state === "saving" || state === "typing") ? "offline" : state;
    this.sign.dataset.tone = SIGNS[shown].tone;
    this.sign.querySelector("use")?.setAttribute("href", `#icon-${SIGNS[shown].icon}`);
    /** @type {HTMLElement} */ (this.sign.querySelector("[data-words]")).textContent = words[shown];
    this.banner.hidden = !this.offlineSince;
    const sentence = this.banner.querySelector("[data-words]");
    if (this.offlineSince && sentence) {
      sentence.textContent = interpolate(gettext("No connection to the server since %(time)s. Go on writing: every word is kept in this browser and sent when it is back. Signing waits for that."), { time: clock(this.offlineSince) });
    }
  }
}
