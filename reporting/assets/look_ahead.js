/**
 * While a case is read, what the viewer shows first of the next one comes into the browser's cache: one request at a time, at low
 * priority, only while the browser is idle, stopped when the page is left. The server says what comes next and claims nothing.
 */
import { postJson } from "../../pacs_core/web/assets/requests.js";

const AFTER_MILLISECONDS = 2500;
// What the viewer asks with: the cache keeps answers by it.
const ACCEPTED = { metadata: "application/dicom+json", frames: "multipart/related; type=application/octet-stream; transfer-syntax=*" };

export class LookAhead {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    this.hasBegun = false;
    this.leaving = new AbortController();
    addEventListener("pagehide", () => this.leaving.abort());
  }

  /** The images of this case are there: begin once the browser has nothing better to do. */
  begin() {
    if (this.hasBegun) return;
    this.hasBegun = true;
    setTimeout(() => whenIdle(() => this.#run()), AFTER_MILLISECONDS);
  }

  async #run() {
    const { status, body } = await postJson(this.url, {}, { signal: this.leaving.signal }).catch(() => ({ status: 0, body: null }));
    if (status !== 200) return;
    for (const address of body.addresses) {
      await new Promise((resolve) => whenIdle(() => resolve(undefined)));
      if (this.leaving.signal.aborted || !(await this.#fetch(address))) return;
    }
  }

  /** @param {string} address @returns {Promise<boolean>} whether it makes sense to go on */
  async #fetch(address) {
    const headers = { Accept: address.endsWith("/metadata") ? ACCEPTED.metadata : ACCEPTED.frames, "X-Meridian-Fetched-Ahead": "1" };
    try {
      const answer = await fetch(address, { headers, priority: "low", signal: this.leaving.signal });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}

/** @param {() => void} work */
function whenIdle(work) {
  if ("requestIdleCallback" in window) requestIdleCallback(() => work(), { timeout: 10_000 });
  else setTimeout(work, 200);
}
