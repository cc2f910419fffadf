// Meridian's extension of OHIF: the viewer's end of the channel to the reading page. The protocol stands in README.md.

const CHANNEL = 'meridian-viewer';
const UID = /^[0-9.]{1,64}$/;
const KEY = /^[A-Za-z0-9_-]{1,128}$/;
const PROTOCOL = /^[A-Za-z0-9@/._-]{1,100}$/;
const IMAGE_PATH = /\/studies\/([0-9.]+)\/series\/([0-9.]+)\/instances\/([0-9.]+)(?:\/frames\/(\d+))?/;
// Keys of the reading page that work here too: the hands stay where the eyes are.
const PAGE_KEYS = new Set(['F2', 'F8', 'F9', 'Alt+k', 'Alt+m', 'Ctrl+Enter']);
const REQUEST = 'meridian-viewer-request';
const SR_CONTEXT = 'CORNERSTONE_STRUCTURED_REPORT';
const SIDE_BY_SIDE = '@meridian/side-by-side';

const channel = new BroadcastChannel(CHANNEL);
const viewerId = new URLSearchParams(location.search).get('viewer') || window.name || 'meridian-viewer';

let services;
let commands;
let requestId = takeRequestOfReload();
let mustStartAfresh = false;
let lastShowing = '';
let subscriptions = [];
let announcing = 0;
let observerName = '';
// What a measurement said when it was stored; one that says something else now is not.
const storedAs = new Map();
const imageOfViewport = new Map();

function post(message) {
  channel.postMessage({ ...message, viewerId });
}

function addressed() {
  const query = new URLSearchParams(location.search);
  return {
    readingKey: query.get('reading'),
    studyInstanceUids: query.getAll('StudyInstanceUIDs').flatMap(value => value.split(',')).filter(Boolean),
  };
}

/** What each viewport holds: the display set says the series, the last image event says the instance. */
function shownImages() {
  const shown = [];
  const { viewports, activeViewportId } = services.viewportGridService.getState();
  for (const [viewportId, viewport] of viewports) {
    const displaySetId = viewport.displaySetInstanceUIDs?.[0];
    const displaySet = displaySetId && services.displaySetService.getDisplaySetByUID(displaySetId);
    if (!displaySet) continue;
    const image = imageOfViewport.get(viewportId);
    const sameSeries = image?.seriesInstanceUid === displaySet.SeriesInstanceUID;
    shown.push({
      viewportId,
      studyInstanceUid: displaySet.StudyInstanceUID,
      seriesInstanceUid: displaySet.SeriesInstanceUID,
      sopInstanceUid: sameSeries ? image.sopInstanceUid : null,
      frameNumber: sameSeries ? image.frameNumber : null,
      isActive: viewportId === activeViewportId,
    });
  }
  return shown;
}

function announceShowing({ always = false } = {}) {
  const message = { type: 'showing', ...addressed(), shown: shownImages(), requestId };
  // Scrolling renders an image many times a second; the reading page only needs to hear of another study or series.
  const key = JSON.stringify([message.studyInstanceUids, message.readingKey, requestId,
    message.shown.map(image => [image.viewportId, image.seriesInstanceUid])]);
  if (!always && key === lastShowing) return;
  lastShowing = key;
  post(message);
}

function rememberImage(event) {
  const match = IMAGE_PATH.exec(event.detail?.imageId ?? '');
  if (!match) return;
  const [, studyInstanceUid, seriesInstanceUid, sopInstanceUid, frame] = match;
  const frameNumber = Number(frame ?? 1);
  imageOfViewport.set(event.detail.viewportId, { studyInstanceUid, seriesInstanceUid, sopInstanceUid, frameNumber });
}

/** Load the viewer anew: OHIF keeps what failed while signed out, and its page for that knows no way back. */
function startAfresh(target) {
  if (requestId !== null) sessionStorage.setItem(REQUEST, JSON.stringify(requestId));
  if (target === location.search && location.pathname === '/viewer/viewer') location.reload();
  else location.assign(`/viewer/viewer${target}`);
}

function takeRequestOfReload() {
  const stored = sessionStorage.getItem(REQUEST);
  sessionStorage.removeItem(REQUEST);
  return stored === null ? null : JSON.parse(stored);
}

function show(message) {
  const uids = message.studyInstanceUids;
  if (!Array.isArray(uids) || !uids.length || !uids.every(uid => UID.test(uid))) return;
  const query = new URLSearchParams({ StudyInstanceUIDs: uids.join(',') });
  if (KEY.test(message.readingKey ?? '')) query.set('reading', message.readingKey);
  if (PROTOCOL.test(message.hangingProtocolId ?? '')) query.set('hangingProtocolId', message.hangingProtocolId);
  const own = new URLSearchParams(location.search).get('viewer');
  if (own) query.set('viewer', own);
  requestId = message.requestId ?? null;
  lastShowing = '';
  const target = `?${query}`;
  if (mustStartAfresh || !location.pathname.replace(/\/$/, '').match(/^\/viewer(\/viewer)?$/)) {
    startAfresh(target);
    return;
  }
  if (target === location.search) {
    // Asked again for what is addressed: either it is there, or loading it has failed and only a reload helps.
    if (shownImages().some(image => uids.includes(image.studyInstanceUid))) announceShowing({ always: true });
    else startAfresh(target);
    return;
  }
  imageOfViewport.clear();
  commands.runCommand('navigateHistory', { to: `/viewer${target}`, options: { replace: true } });
}

function textOf(displayText) {
  if (!displayText) return '';
  if (typeof displayText === 'string') return displayText;
  const lines = Array.isArray(displayText) ? displayText : [...(displayText.primary ?? [])];
  return lines.filter(line => typeof line === 'string').join(', ');
}

function describe(measurement) {
  return {
    uid: measurement.uid,
    tool: measurement.toolName ?? measurement.type ?? '',
    label: measurement.label ?? '',
    text: textOf(measurement.displayText),
    studyInstanceUid: measurement.referenceStudyUID ?? null,
    seriesInstanceUid: measurement.referenceSeriesUID ?? null,
    sopInstanceUid: measurement.SOPInstanceUID ?? null,
    frameNumber: measurement.frameNumber ?? null,
  };
}

function sayingOf(measurement) {
  return JSON.stringify([measurement.label ?? '', textOf(measurement.displayText), measurement.points ?? null]);
}

function isStored(measurement) {
  return storedAs.get(measurement.uid) === sayingOf(measurement);
}

/** Tell what is measured now. Dragging a handle changes it at every move: only where it comes to rest is told. */
function announceMeasurements() {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    const measurements = services.measurementService.getMeasurements().map(one => ({ ...describe(one), isStored: isStored(one) }));
    post({ type: 'measurements', measurements, readingKey: addressed().readingKey });
  }, 200);
}

/** Write what is not stored yet as a TID 1500 structured report by STOW-RS: into one study, that of its first image. */
async function saveMeasurements(message) {
  const requestId = message.requestId ?? null;
  const study = message.studyInstanceUid ?? addressed().studyInstanceUids[0];
  const chosen = services.measurementService.getMeasurements().filter(one => one.referenceStudyUID === study && !isStored(one));
  const said = new Map(chosen.map(one => [one.uid, sayingOf(one)]));
  observerName = String(message.observerName ?? '').slice(0, 64);
  try {
    if (chosen.length) {
      await commands.runCommand(
        'storeMeasurements',
        { measurementData: chosen, dataSource: 'meridian', additionalFindingTypes: [],
          options: { SeriesDescription: message.seriesDescription || 'Measurements' } },
        SR_CONTEXT
      );
    }
    said.forEach((saying, uid) => storedAs.set(uid, saying));
    post({ type: 'measurements-saved', count: chosen.length, requestId });
  } catch {
    post({ type: 'measurements-not-saved', requestId });
  }
  announceMeasurements();
}

/** OHIF names nobody as the observer (TID 1003); whoever reads is. */
function nameObserver({ dicomDict, naturalizedReport }) {
  for (const item of naturalizedReport?.ContentSequence ?? []) {
    if (observerName && item.ConceptNameCodeSequence?.CodeValue === '121008') item.PersonName = observerName;
  }
  return dicomDict;
}

function pressOnPage(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const name = [...(event.ctrlKey || event.metaKey ? ['Ctrl'] : []), ...(event.altKey ? ['Alt'] : []), key].join('+');
  if (!PAGE_KEYS.has(name)) return;
  event.preventDefault();
  event.stopPropagation();
  post({ type: 'key', key: name });
}

/** The images of the address's study at this index; what the address names itself comes first. */
function imagesOfStudy(index) {
  return {
    allowUnmatchedView: true,
    studyMatchingRules: [
      { attribute: 'studyInstanceUIDsIndex', from: 'options', required: true, constraint: { equals: { value: index } } },
    ],
    seriesMatchingRules: [
      { attribute: 'numImageFrames', constraint: { greaterThan: { value: 0 } }, required: true },
      { attribute: 'isDisplaySetFromUrl', weight: 20, constraint: { equals: true } },
    ],
  };
}

function viewportOf(id) {
  return { viewportOptions: { viewportType: 'stack', toolGroupId: 'default', allowUnmatchedView: true }, displaySets: [{ id }] };
}

/**
 * A study at the left, its prior at the right. OHIF's own @ohif/hpCompare makes four viewports of them, of which two stay empty
 * where each study has one series.
 */
const sideBySide = {
  id: SIDE_BY_SIDE,
  name: 'Study and prior',
  numberOfPriorsReferenced: 1,
  toolGroupIds: ['default'],
  protocolMatchingRules: [
    { id: 'Two studies', weight: 1000, attribute: 'StudyInstanceUID', from: 'prior', required: true, constraint: { notNull: true } },
  ],
  displaySetSelectors: { study: imagesOfStudy(0), prior: imagesOfStudy(1) },
  defaultViewport: viewportOf('study'),
  stages: [
    {
      name: 'side by side',
      viewportStructure: { layoutType: 'grid', properties: { rows: 1, columns: 2 } },
      viewports: [viewportOf('study'), viewportOf('prior')],
    },
  ],
};

const ANSWERS = {
  show,
  ask: () => {
    announceShowing({ always: true });
    announceMeasurements();
  },
  'save-measurements': saveMeasurements,
  // The pages were signed out: no image stays on the screen.
  'sign-out': () => location.replace('/sign-in/'),
};

function listen() {
  channel.addEventListener('message', event => {
    const message = event.data;
    if (!message || typeof message !== 'object') return;
    if (message.target && message.target !== viewerId) return;
    if (Object.hasOwn(ANSWERS, message.type)) ANSWERS[message.type](message);
  });
  document.addEventListener('CORNERSTONE_STACK_NEW_IMAGE', rememberImage, true);
  document.addEventListener('CORNERSTONE_IMAGE_RENDERED', () => announceShowing(), true);
  document.addEventListener('keydown', pressOnPage, true);
  window.addEventListener('meridian:signed-out', () => {
    mustStartAfresh = true;
    post({ type: 'signed-out' });
  });
  window.addEventListener('pagehide', () => post({ type: 'closed' }));
}

export default {
  id: 'meridian',

  preRegistration({ servicesManager, commandsManager }) {
    services = servicesManager.services;
    commands = commandsManager;
    listen();
    post({ type: 'ready', ...addressed() });
  },

  getHangingProtocolModule: () => [{ name: SIDE_BY_SIDE, protocol: sideBySide }],

  // A mode's end resets OHIF's services and their listeners, so each mode's start subscribes again.
  onModeEnter() {
    const { customizationService, measurementService } = services;
    customizationService.setCustomizations({ onBeforeDicomStore: { $set: nameObserver } });
    const { MEASUREMENT_ADDED, MEASUREMENT_UPDATED, MEASUREMENT_REMOVED, MEASUREMENTS_CLEARED, RAW_MEASUREMENT_ADDED } =
      measurementService.EVENTS;
    subscriptions = [
      ...[MEASUREMENT_ADDED, MEASUREMENT_UPDATED, MEASUREMENT_REMOVED, MEASUREMENTS_CLEARED].map(event =>
        measurementService.subscribe(event, announceMeasurements)),
      // Loaded from a stored report.
      measurementService.subscribe(RAW_MEASUREMENT_ADDED, ({ measurement }) => {
        storedAs.set(measurement.uid, sayingOf(measurement));
        announceMeasurements();
      }),
    ];
  },

  onModeExit() {
    subscriptions.forEach(subscription => subscription.unsubscribe());
    subscriptions = [];
  },
};
