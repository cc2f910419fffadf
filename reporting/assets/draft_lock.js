/** One tab writes a report; a second one reads, and may take over by a click. */

export class DraftLock {
  /** @param {number} reportId @param {(isHeld: boolean) => void} onChange */
  constructor(reportId, onChange) {
    this.name = `meridian-report-${reportId}`;
    this.onChange = onChange;
  }

  /** @param {boolean} steal */
  #request(steal) {
    const options = steal ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(this.name, options, (lock) => {
        this.onChange(lock !== null);
        return lock ? new Promise(() => undefined) : undefined;
      })
      .catch(() => this.onChange(false));
  }

  take() {
    this.#request(false);
  }

  takeOver() {
    this.#request(true);
  }
}
