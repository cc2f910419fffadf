/**
 * The live connection: hints (event number, ids) come in, pages fetch what changed. Numbers count per hospital without holes, so a
 * hole means something was missed and the page fetches its view again. Other modules listen on document:
 *   meridian:hints       detail {hints: Hint[]}, gathered for 30 ms
 *   meridian:refetch     something was missed
 *   meridian:connection  detail {state: "live" | "connecting" | "lost", since: number}
 */
import { goToSignIn } from "./requests.js";

/** @typedef {{type: string, event: string, number: number, hospital_id: number, ids: Record<string, any>}} Hint */

const GATHER_MILLISECONDS = 30;
const LONG_HIDDEN_MILLISECONDS = 30_000;
const SIGNED_OUT = 4401;
const SPREAD = 4503;

/**
 * Full jitter: all browsers cut at once must not come back at once.
 * @param {number} attempt from 0
 * @param {() => number} random
 * @returns {number} milliseconds between 1 s and 30 s
 */
export function reconnectDelay(attempt, random = Math.random) {
  const ceiling = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 5));
  return Math.max(1000, Math.round(random() * ceiling));
}

/** What has been seen of each hospital's numbered events. */
export class SeenNumbers {
  /** @param {Record<string, number>} initial */
  constructor(initial) {
    this.numbers = { ...initial };
  }

  /**
   * @param {Hint} hint
   * @returns {"new" | "known" | "gap"}
   */
  take({ hospital_id: hospital, number }) {
    const last = this.numbers[hospital];
    if (last !== undefined && number <= last) return "known";
    this.numbers[hospital] = number;
    return last === undefined || number === last + 1 ? "new" : "gap";
  }

  /**
   * @param {Record<string, number>} current the server's last numbers
   * @returns {boolean} whether this page is behind
   */
  isBehind(current) {
    return Object.entries(current).some(([hospital, number]) => (this.numbers[hospital] ?? -1) < number);
  }

  /** @param {Record<string, number>} current */
  adopt(current) {
    Object.assign(this.numbers, current);
  }
}

/** @param {string} name @param {object} [detail] */
function tell(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(`meridian:${name}`, { detail }));
}

export class LiveConnection {
  /**
   * @param {string} url
   * @param {Record<string, number> | null} numbers known when the page was rendered; null when the page does not say
   */
  constructor(url, numbers) {
    this.url = url;
    this.isNumbered = numbers !== null;
    this.seen = new SeenNumbers(numbers ?? {});
    this.attempt = 0;
    this.timer = 0;
    this.gatherTimer = 0;
    this.mustRefetch = false;
    this.hiddenAt = 0;
    /** @type {Record<string, number>} */
    this.lastHello = {};
    /** @type {Hint[]} */
    this.gathered = [];
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.onVisibility());
    addEventListener("online", () => this.connectNow());
    addEventListener("offline", () => this.socket?.close());
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.connectNow());
    this.connectNow();
  }

  connectNow() {
    clearTimeout(this.timer);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => this.onMessage(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.onClose(code));
  }

  /** @param {any} message */
  onMessage(message) {
    if (message.type === "hello") this.onHello(message.numbers ?? {});
    else if (message.type === "reload") this.gather(null);
    else if (message.type === "hint") {
      const verdict = this.seen.take(message);
      if (verdict !== "known") this.gather(verdict === "new" ? message : null);
    }
  }

  /** @param {Record<string, number>} numbers */
  onHello(numbers) {
    this.attempt = 0;
    this.lastHello = numbers;
    tell("connection", { state: "live", since: Date.now() });
    if (!this.isNumbered) {
      this.isNumbered = true;
      this.seen.adopt(numbers);
      this.gather(null);
    } else if (this.seen.isBehind(numbers)) this.resume();
  }

  resume() {
    this.socket?.send(JSON.stringify({ type: "resume", numbers: this.seen.numbers }));
  }

  /** @param {Hint | null} hint null: something was missed */
  gather(hint) {
    if (hint) this.gathered.push(hint);
    else {
      this.mustRefetch = true;
      for (const [hospital, number] of Object.entries(this.lastHello)) {
        if ((this.seen.numbers[hospital] ?? -1) < number) this.seen.numbers[hospital] = number;
      }
    }
    if (!this.gatherTimer) this.gatherTimer = window.setTimeout(() => this.release(), GATHER_MILLISECONDS);
  }

  release() {
    this.gatherTimer = 0;
    const hints = this.gathered.splice(0);
    if (hints.length) tell("hints", { hints });
    if (this.mustRefetch) tell("refetch");
    this.mustRefetch = false;
  }

  /** @param {number} code */
  onClose(code) {
    this.socket = null;
    if (code === SIGNED_OUT) {
      goToSignIn();
      return;
    }
    tell("connection", { state: this.attempt === 0 ? "connecting" : "lost", since: Date.now() });
    const delay = code === SPREAD ? 1000 + Math.random() * 29_000 : reconnectDelay(this.attempt);
    this.attempt += 1;
    this.timer = window.setTimeout(() => this.connectNow(), delay);
  }

  onVisibility() {
    if (document.hidden) {
      this.hiddenAt = Date.now();
      return;
    }
    const wasHiddenFor = Date.now() - this.hiddenAt;
    if (this.socket?.readyState !== WebSocket.OPEN) this.connectNow();
    else if (wasHiddenFor > LONG_HIDDEN_MILLISECONDS) this.resume();
  }
}

/** Connect when the page says where (`<body data-live-url>`). */
export function startLive() {
  const { liveUrl, liveNumbers } = document.body.dataset;
  if (!liveUrl) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  new LiveConnection(`${scheme}//${location.host}${liveUrl}`, liveNumbers ? JSON.parse(liveNumbers) : null).start();
}
