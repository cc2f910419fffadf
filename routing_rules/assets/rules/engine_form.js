/** The engine's page: a number that is changed by hand is the network's own weight, no preset any more. */
export function startEngineForm() {
  const form = document.querySelector(".engine-form");
  form?.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.type !== "number") return;
    const own = /** @type {HTMLInputElement | null} */ (form.querySelector('input[name="preset"][value="own"]'));
    if (own) own.checked = true;
  });
}
