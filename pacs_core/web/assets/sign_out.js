/** Signing out: what is not saved is sent first, then nothing of this person stays in the browser, and the viewer leaves the images. */

const DRAFTS = "meridian-drafts";
const PATIENCE_MILLISECONDS = 3000;

/** @returns {Promise<unknown>} */
function deleteDrafts() {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(DRAFTS);
    request.addEventListener("success", resolve);
    request.addEventListener("error", resolve);
    request.addEventListener("blocked", resolve);
  });
}

export function startSignOut() {
  document.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.querySelector("[data-sign-out]")) return;
    event.preventDefault();
    /** @type {Promise<unknown>[]} */
    const waiting = [];
    document.dispatchEvent(new CustomEvent("meridian:signing-out", { detail: { waitFor: (/** @type {Promise<unknown>} */ work) => waiting.push(work) } }));
    await Promise.race([Promise.allSettled(waiting), new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS))]);
    await Promise.race([deleteDrafts(), new Promise((resolve) => setTimeout(resolve, 500))]);
    new BroadcastChannel("meridian-viewer").postMessage({ type: "sign-out" });
    form.submit();
  });
}
