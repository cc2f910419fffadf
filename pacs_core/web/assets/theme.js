/** Dark or light, dense or comfortable: kept in this browser, set before the first paint by theme_start.js. */

const root = document.documentElement;

/** @param {"dark" | "light"} theme */
export function setTheme(theme) {
  root.dataset.bsTheme = theme;
  localStorage.setItem("meridian.theme", theme);
}

/** @param {"dense" | "comfortable"} density */
export function setDensity(density) {
  root.dataset.density = density;
  localStorage.setItem("meridian.density", density);
}

/** Buttons with data-toggle-theme and data-toggle-density anywhere on the page. */
export function startThemeSwitch() {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[data-toggle-theme]")) setTheme(root.dataset.bsTheme === "dark" ? "light" : "dark");
    if (target?.closest("[data-toggle-density]")) setDensity(root.dataset.density === "comfortable" ? "dense" : "comfortable");
  });
}
