/** What every page has: live connection, keys, palette, confirmations, messages, times. */
import htmx from "htmx.org";
import { startAnnouncements } from "../announcements.js";
import { startBell } from "../bell.js";
import { startCommandPalette } from "../command_palette.js";
import { startConfirmations } from "../confirmation.js";
import { startConnectionState } from "../connection_state.js";
import { startFormDialogs } from "../form_dialog.js";
import { startForms } from "../forms.js";
import { startTableKeyboard } from "../keyboard.js";
import { startLive } from "../live.js";
import { startLiveFragments } from "../live_fragments.js";
import { startRelativeTimes } from "../relative_time.js";
import { startRows } from "../rows.js";
import { startShortcuts } from "../shortcuts.js";
import { startSignOut } from "../sign_out.js";
import { startThemeSwitch } from "../theme.js";

/** @type {any} */ (window).htmx = htmx;

startThemeSwitch();
startSignOut();
startConfirmations();
startAnnouncements();
startShortcuts();
startCommandPalette();
startForms();
startTableKeyboard();
startRelativeTimes();
startConnectionState();
startRows();
startBell();
startFormDialogs();
startLiveFragments();
startLive();
