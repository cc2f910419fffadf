/** Drafts kept in this browser belong to the person who wrote them; the sign-in page is where another one begins. */
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("id_username"));
if (field?.value) document.getElementById("id_password")?.focus();
