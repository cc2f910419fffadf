/** Read what the server put into the page for scripts: JSON blocks and meta elements. */

/**
 * @template T
 * @param {string} id of a `<script type="application/json">`
 * @param {T} fallback
 * @returns {T}
 */
export function readJson(id, fallback) {
  const block = document.getElementById(id);
  return block?.textContent ? JSON.parse(block.textContent) : fallback;
}

/**
 * @param {string} name
 * @returns {string}
 */
export function readMeta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/**
 * @param {string} iconName
 * @returns {SVGSVGElement}
 */
export function makeIcon(iconName) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${iconName}`);
  svg.append(use);
  return svg;
}

/**
 * Make an element with text, never markup.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(string | Node)} children
 * @returns {HTMLElement}
 */
export function makeElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
