/** The line between text and viewer: dragged, or moved with the arrow keys; its place is kept in this browser. */

const STORED = "meridian.split";
const LEAST = 24;
const MOST = 76;

/** @param {HTMLElement} container @param {HTMLElement} separator role=separator */
export function startSplit(container, separator) {
  const set = (/** @type {number} */ percent) => {
    const place = Math.round(Math.min(MOST, Math.max(LEAST, percent)) * 10) / 10;
    container.style.setProperty("--split", `${place}%`);
    separator.setAttribute("aria-valuenow", String(Math.round(place)));
    localStorage.setItem(STORED, String(place));
  };
  set(Number(localStorage.getItem(STORED) ?? 40));
  separator.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    separator.setPointerCapture(event.pointerId);
    container.classList.add("is-dragging");
    const move = (/** @type {PointerEvent} */ moved) => {
      const box = container.getBoundingClientRect();
      set(((moved.clientX - box.left) / box.width) * 100);
    };
    separator.addEventListener("pointermove", move);
    separator.addEventListener(
      "lostpointercapture",
      () => {
        separator.removeEventListener("pointermove", move);
        container.classList.remove("is-dragging");
      },
      { once: true },
    );
  });
  separator.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(Number(separator.getAttribute("aria-valuenow")) + step);
  });
}
