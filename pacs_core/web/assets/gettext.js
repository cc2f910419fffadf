/** Words for the person at the screen, from the page's catalogue (Django's djangojs domain). */

/** @type {Record<string, string | string[]> | null} */
let catalogue = null;

/** @returns {Record<string, string | string[]>} */
function loadCatalogue() {
  if (catalogue === null) {
    const block = document.getElementById("catalogue");
    catalogue = block ? JSON.parse(block.textContent || "{}") : {};
  }
  return catalogue;
}

/**
 * @param {string} message
 * @returns {string}
 */
export function gettext(message) {
  const found = loadCatalogue()[message];
  return typeof found === "string" ? found : message;
}

/**
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string}
 */
export function ngettext(one, many, count) {
  const found = loadCatalogue()[one];
  if (Array.isArray(found)) return found[count === 1 ? 0 : found.length - 1];
  return count === 1 ? one : many;
}

/**
 * Fill `%(name)s` in a translated message.
 * @param {string} message
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function interpolate(message, values) {
  return message.replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}
