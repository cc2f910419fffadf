/**
 * Calls and alerts outside of the window, by the system's notifications or a sound: only for who has asked for it on this machine, without a
 * word of the patient, and by one of several open windows only.
 */
import { announce } from "./announcements.js";
import { gettext } from "./gettext.js";

const HELD_MILLISECONDS = 2000;
const TONES = [660, 880];

/** @param {string} way "window" or "sound" @returns {boolean} */
export function isOutside(way) {
  const isWanted = localStorage.getItem(`meridian.outside.${way}`) === "on";
  return isWanted && (way !== "window" || ("Notification" in window && Notification.permission === "granted"));
}

/** Turn it on, after the browser's own question, or off. @param {string} way */
export async function setOutside(way) {
  const wants = !isOutside(way);
  if (wants && way === "window") {
    const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
    if (answer !== "granted") {
      announce(gettext("The browser does not let this page notify you. Its settings for this address can allow it."), "accent");
      return;
    }
  }
  localStorage.setItem(`meridian.outside.${way}`, wants ? "on" : "off");
  if (wants && way === "sound") playTones();
}

/** @param {string} key of the notice @param {string} words */
export function tellOutside(key, words) {
  if (!isOutside("window") && !isOutside("sound")) return;
  navigator.locks?.request(`meridian-notice-${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    if (isOutside("sound")) playTones();
    if (isOutside("window") && !document.hasFocus()) new Notification("Meridian", { body: words, tag: `meridian-notice-${key}` }).onclick = () => window.focus();
    await new Promise((resolve) => setTimeout(resolve, HELD_MILLISECONDS));
  });
}

function playTones() {
  const audio = new AudioContext();
  TONES.forEach((frequency, index) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const begins = audio.currentTime + index * 0.18;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, begins);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(begins);
    tone.stop(begins + 0.17);
  });
  setTimeout(() => audio.close(), 1000);
}
