/** Requests to our own server: session cookie, CSRF token, and the sign-in page when the session has ended. */
import { readMeta } from "./page_data.js";

/** Leave for the sign-in page and come back here afterwards. */
export function goToSignIn() {
  const back = encodeURIComponent(location.pathname + location.search);
  location.assign(`${readMeta("sign-in-url") || "/sign-in/"}?next=${back}`);
}

/**
 * Fetch a fragment. An answer that was redirected to the sign-in page counts as signed out.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<string>}
 */
export async function fetchFragment(url, options = {}) {
  const response = await fetch(url, { ...options, headers: { "HX-Request": "true", ...options.headers }, credentials: "same-origin" });
  if (response.status === 401 || new URL(response.url).pathname.startsWith("/sign-in/")) {
    goToSignIn();
    throw new Error("signed out");
  }
  if (!response.ok) throw new Error(`${response.status} from ${new URL(response.url).pathname}`);
  return response.text();
}

/**
 * POST JSON.
 * @param {string} url
 * @param {object} body
 * @param {RequestInit} [options]
 * @returns {Promise<{status: number, body: any}>}
 */
export async function postJson(url, body, options = {}) {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    ...options,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": readMeta("csrf-token") },
    body: JSON.stringify(body),
  });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { status: response.status, body: isJson ? await response.json() : null };
}

/**
 * @param {string} url
 * @returns {Promise<{status: number, body: any}>}
 */
export async function getJson(url) {
  const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  return { status: response.status, body: isJson ? await response.json() : null };
}
