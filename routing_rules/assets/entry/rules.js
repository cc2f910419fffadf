/** The rules' pages: the draft editor (rules in order, the selected one as a form, what it takes), and the engine's weights. */
import { startEngineForm } from "../rules/engine_form.js";
import { startRuleEditor } from "../rules/editor.js";

startRuleEditor();
startEngineForm();
