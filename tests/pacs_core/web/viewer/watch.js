// Runs before any script of the viewer's page: what was rendered, and what a policy refused.
window.rendered = [];
window.refused = [];
const newest = {};
document.addEventListener('CORNERSTONE_STACK_NEW_IMAGE', event => {
  newest[event.detail.viewportId] = event.detail.imageId;
}, true);
document.addEventListener('CORNERSTONE_IMAGE_RENDERED', event => {
  window.rendered.push(newest[event.detail.viewportId] || '');
}, true);
document.addEventListener('securitypolicyviolation', event => {
  window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.canvasDiffers = () => [...document.querySelectorAll('canvas')].some(canvas => {
  if (!canvas.width) return false;
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0);
  const values = context.getImageData(0, 0, copy.width, copy.height).data;
  const differing = new Set();
  for (let position = 0; position < values.length; position += 4) differing.add(values[position]);
  return differing.size > 20;
});
