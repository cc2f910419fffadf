/** The rota: the calendar moved over and edited by key, forms in a dialog, undo; on "My shifts" an address that selects itself. */
import { startCalendar } from "../rota/calendar.js";

if (document.getElementById("calendar")) startCalendar();

for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[data-select-all]"))) {
  field.addEventListener("focus", () => field.select());
}
