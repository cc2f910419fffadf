/** The draft editor: the rules in order on the left, the selected one as a form, beside it what it takes and what is wrong with it. */
import { startRuleEditor } from "../rules/editor.js";

startRuleEditor();
