/** The worklist page: the peek panel follows the selected row. */
import { startPeek } from "../peek.js";

startPeek();
