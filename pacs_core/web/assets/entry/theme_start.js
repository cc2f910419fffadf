/** Loaded in the head, before the first paint, so that a dark room never sees a white flash. */
const root = document.documentElement;
const theme = localStorage.getItem("meridian.theme");
if (theme === "dark" || theme === "light") root.dataset.bsTheme = theme;
root.dataset.density = localStorage.getItem("meridian.density") ?? "dense";
if (localStorage.getItem("meridian.peek") === "closed") root.dataset.peek = "closed";
