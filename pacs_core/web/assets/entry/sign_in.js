/** After a refused sign-in the address is still there: begin at the password. */
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("id_username"));
if (field?.value) document.getElementById("id_password")?.focus();
