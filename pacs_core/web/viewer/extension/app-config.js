// Configuration of OHIF inside Meridian. Loaded by index.html before the application; see README.md beside this file.

(() => {
  const READING_KEY = /^[A-Za-z0-9_-]{1,128}$/;

  /**
   * The DICOMweb root of this reading. The server resolves the key to one user and the allowed studies, so a search for
   * priors by PatientID can't meet another hospital's patient of the same number. OHIF calls this again at each switch.
   */
  function rootOf(query) {
    const key = query?.get?.('reading') ?? '';
    return READING_KEY.test(key) ? `/dicom-web/reading/${key}` : '/dicom-web';
  }

  // Beside the report half a screen is left for images: the list of series opens by a click, in a window of its own at once.
  const isBesideTheReport = window.parent !== window;
  const WITHOUT_STUDY_PANEL = { layoutInstance: { props: { leftPanelClosed: { $set: true } } } };

  window.config = {
    name: 'meridian',
    routerBasename: '/viewer',
    showStudyList: false,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    strictZSpacingForVolumeViewport: true,
    showErrorDetails: 'production',
    investigationalUseDialog: { option: 'never' },
    customizationService: { 'ohif.tours': { $set: [] } },
    // Nothing is asked over the images, and measuring in a prior discards nothing: the reading page keeps what is measured.
    measurementTrackingMode: 'none',
    maxNumberOfWebWorkers: 3,
    maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 12 },
    extensions: ['/viewer/meridian-extension.js'],
    modes: [],
    modesConfiguration: isBesideTheReport ? { '@ohif/mode-longitudinal': { routes: { 0: WITHOUT_STUDY_PANEL } } } : {},
    defaultDataSourceName: 'meridian',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'meridian',
        configuration: {
          friendlyName: 'Meridian',
          name: 'meridian',
          wadoUriRoot: '/dicom-web',
          qidoRoot: '/dicom-web',
          wadoRoot: '/dicom-web',
          qidoSupportsIncludeField: true,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
          supportsStow: true,
          singlepart: 'bulkdata,video,pdf',
          omitQuotationForMultipartRequest: true,
          bulkDataURI: { enabled: true, relativeResolution: 'studies' },
          onConfiguration: (configuration, { query }) => {
            const root = rootOf(query);
            return { ...configuration, qidoRoot: root, wadoRoot: root, wadoUriRoot: root };
          },
        },
      },
    ],
    httpErrorHandler: request => {
      if (request?.status === 401) {
        window.dispatchEvent(new CustomEvent('meridian:signed-out'));
      }
    },
  };
})();
