/** The procedure map: names and what they may be, mapped one by one or many at once, all by key. */
import { startChooser } from "../procedures/chooser.js";
import { startNames } from "../procedures/names.js";

if (document.getElementById("suggestion-pane")) {
  const names = startNames();
  startChooser(names);
}
