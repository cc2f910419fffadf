/** The SHA-256 of a file, computed in the browser. */

/** @typedef {"same" | "other" | "fault" | "insecure"} Verdict */

/**
 * @param {Blob} file
 * @param {string} sha256 lower-case hexadecimal
 * @returns {Promise<Verdict>}
 */
export async function compareDigest(file, sha256) {
  // Browsers offer crypto.subtle only over https and on the machine itself.
  if (!globalThis.crypto?.subtle) return "insecure";
  try {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const found = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return found === sha256.toLowerCase() ? "same" : "other";
  } catch {
    return "fault";
  }
}
