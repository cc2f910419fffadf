/** Report text in this browser's IndexedDB, bound to the user: survives a closed tab, a crash and a lost connection. */
import { openDB } from "idb";

const NAME = "meridian-drafts";
const STORE = "drafts";

/** @typedef {{key: string, userId: number, reportId: number, baseVersion: number, sections: Record<string, string>, changedAt: number}} StoredDraft */

export class DraftStore {
  /** @param {number} userId @param {number} reportId */
  constructor(userId, reportId) {
    this.userId = userId;
    this.reportId = reportId;
    this.key = `${userId}:${reportId}`;
    /** @type {StoredDraft | null} */
    this.newest = null;
    /** @type {Promise<void> | null} */
    this.writing = null;
    this.opening = openDB(NAME, 1, {
      upgrade: (database) => {
        database.createObjectStore(STORE, { keyPath: "key" });
      },
      blocking: (_current, _blocked, event) => /** @type {IDBDatabase} */ (event.target).close(),
    });
  }

  /**
   * Keep the newest text. While one write runs only the newest of those that wait is written next, so a fast typist has no queue.
   * @param {number} baseVersion
   * @param {Record<string, string>} sections
   * @returns {Promise<void>}
   */
  put(baseVersion, sections) {
    this.newest = { key: this.key, userId: this.userId, reportId: this.reportId, baseVersion, sections, changedAt: Date.now() };
    this.writing ??= this.#writeNewest().finally(() => {
      this.writing = null;
    });
    return this.writing;
  }

  async #writeNewest() {
    const database = await this.opening;
    while (this.newest) {
      const draft = this.newest;
      this.newest = null;
      await database.put(STORE, draft);
    }
  }

  /** @returns {Promise<StoredDraft | undefined>} text that the server has not acknowledged */
  async get() {
    return (await this.opening).get(STORE, this.key);
  }

  async remove() {
    this.newest = null;
    await (await this.opening).delete(STORE, this.key);
  }

  /** Another person's text must not stay on a shared workstation. */
  async removeOthers() {
    const database = await this.opening;
    for (const draft of await database.getAll(STORE)) if (draft.userId !== this.userId) await database.delete(STORE, draft.key);
  }
}
