/** What the draft would do: sentences, figures and findings from the server, asked for when the editing rests, the newest answer only. */
import { postJson } from "../../../pacs_core/web/assets/requests.js";

const REST_MILLISECONDS = 300;
const AGAIN_MILLISECONDS = 4000;

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./draft.js").Rule} Rule */
/** @typedef {{rules: {words: string, now: number, recent: number}[], findings: {position: number | null, kind: string, tone: string, label: string, words: string}[], whole: Record<string, number>}} Answer */

export class Preview {
  /**
   * @param {string} url
   * @param {Draft} draft
   * @param {Answer} first
   * @param {() => void} onAnswer
   */
  constructor(url, draft, first, onAnswer) {
    this.url = url;
    this.draft = draft;
    this.onAnswer = onAnswer;
    this.timer = 0;
    this.serial = 0;
    this.isStale = false;
    this.keep(first, draft.rules.map(({ key }) => key));
  }

  /** @param {Answer} answer @param {number[]} keys the rules' keys when it was asked */
  keep(answer, keys) {
    this.answer = answer;
    /** @type {Map<number, {words: string, now: number, recent: number}>} */
    this.byKey = new Map(keys.map((key, position) => [key, answer.rules[position]]));
    this.keys = keys;
  }

  /** @param {Rule} rule */
  of(rule) {
    return this.byKey.get(rule.key);
  }

  /** @param {Rule} rule @returns {Answer["findings"]} */
  findingsOf(rule) {
    return this.answer.findings.filter(({ position }) => position !== null && this.keys[position] === rule.key);
  }

  /** @returns {Answer["findings"]} those of no single rule */
  get general() {
    return this.answer.findings.filter(({ position }) => position === null);
  }

  ask() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.fetch(), REST_MILLISECONDS);
  }

  async fetch() {
    this.serial += 1;
    const serial = this.serial;
    const keys = this.draft.rules.map(({ key }) => key);
    try {
      const { status, body } = await postJson(this.url, { rules: this.draft.asStored() });
      if (serial !== this.serial) return;
      if (status === 200) this.keep(body, keys);
      this.isStale = status !== 200;
    } catch {
      this.isStale = true;
      this.timer = window.setTimeout(() => this.fetch(), AGAIN_MILLISECONDS);
    }
    this.onAnswer();
  }
}
