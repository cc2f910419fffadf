/** The reading page: the report beside the images. */
import { startReadingPage } from "../reading_page.js";
import { startSplit } from "../split.js";
import { startImages } from "../images.js";

const page = startReadingPage();

const workspace = /** @type {HTMLElement} */ (document.getElementById("workspace"));
const separator = document.getElementById("separator");
if (separator) startSplit(workspace, separator);

startImages(workspace, page);
