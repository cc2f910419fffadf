/** The report's WebSocket: answers to saves come back by request_id, notices by event. Reconnects with full jitter. */
import { reconnectDelay } from "../../pacs_core/web/assets/live.js";
import { goToSignIn } from "../../pacs_core/web/assets/requests.js";

const ANSWER_MILLISECONDS = 5000;

export class ReportSocket {
  /**
   * @param {string} path
   * @param {{onNotice: (notice: any) => void, onState: (isOpen: boolean) => void}} handlers
   */
  constructor(path, { onNotice, onState }) {
    this.url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    this.onNotice = onNotice;
    this.onState = onState;
    this.attempt = 0;
    this.timer = 0;
    /** @type {Map<string, (answer: any) => void>} */
    this.waiting = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.attempt = 0;
      this.onState(true);
    });
    socket.addEventListener("message", ({ data }) => this.#onMessage(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.#onClose(code));
  }

  /** @param {any} message */
  #onMessage(message) {
    const answer = this.waiting.get(message.request_id);
    if (answer) {
      this.waiting.delete(message.request_id);
      answer(message);
    } else if (message.type === "notice") this.onNotice(message);
    else if (message.type === "refused" && this.waiting.size) {
      const [[id, first]] = this.waiting;
      this.waiting.delete(id);
      first(message);
    }
  }

  /** @param {number} code */
  #onClose(code) {
    this.socket = null;
    for (const answer of this.waiting.values()) answer(null);
    this.waiting.clear();
    this.onState(false);
    if (code === 4401) {
      goToSignIn();
      return;
    }
    if (code === 4403 || code === 4404) return;
    const delay = code === 4503 ? 1000 + Math.random() * 29_000 : reconnectDelay(this.attempt);
    this.attempt += 1;
    this.timer = window.setTimeout(() => this.connect(), delay);
  }

  /**
   * @param {{request_id: string}} message
   * @returns {Promise<any>} the answer, or null when none came
   */
  ask(message) {
    if (!this.isOpen) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiting.set(message.request_id, resolve);
      this.socket?.send(JSON.stringify(message));
      setTimeout(() => {
        if (this.waiting.delete(message.request_id)) resolve(null);
      }, ANSWER_MILLISECONDS);
    });
  }
}
