// Runs before any script of every page: what was refused by a policy becomes a console error, rendered images are remembered.
document.addEventListener('securitypolicyviolation', event => {
  console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI} on ${location.pathname}`);
});
window.rendered = [];
document.addEventListener('CORNERSTONE_IMAGE_RENDERED', () => window.rendered.push(Date.now()), true);
window.canvasDiffers = () => [...document.querySelectorAll('canvas')].some(canvas => {
  if (!canvas.width || !canvas.height) return false;
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
