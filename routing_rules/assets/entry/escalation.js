/** The page of escalation: what the figures mean is said while they are typed. */
import { startExamples } from "../escalation/example.js";

startExamples();
