// Answers come from this browser: ONNX Runtime computes the graph that ConvertToOnnx wrote. No image leaves the machine.
import * as ort from './ort.wasm.bundle.min.mjs';

ort.env.wasm.numThreads = 1; // more threads need headers that a plain file server does not send
ort.env.wasm.wasmPaths = { wasm: new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href };
let card, session;

export async function load() {
  card = await (await get('card.json')).json();
  session = await ort.InferenceSession.create(await (await get('model.onnx')).arrayBuffer(), { logSeverityLevel: 3 });
  return card;
}

export async function certify(blob) {
  const { values, width, height } = await pixels(blob);
  const input = new ort.Tensor('float32', values, [1, 3, card.height, card.width]);
  const out = await session.run({ input }, ['probabilities', 'logits', 'topk_radii', 'loosest_mask', 'predicted_index']);
  const predicted = Number(out.predicted_index.data[0]);
  if (predicted < 0) throw new Error('The model gives no score for this image.');

  // Best first; the lower index first where logits are equal, as in the library.
  const order = card.classes.map((_, i) => i).sort((a, b) => out.logits.data[b] - out.logits.data[a] || a - b);
  return {
    predictedLabel: card.classes[predicted],
    classes: order.map(i => ({ name: card.classes[i], score: out.probabilities.data[i] })),
    radii: Array.from(out.topk_radii.data),
    largestK: out.loosest_mask.data.reduce((n, inSet) => n + inSet, 0), // the graph's own ε is 0, so this is the largest set that the guarantee allows
    width,
    height,
  };
}

async function get(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be loaded: ${response.status}.`);
  return response;
}

// Planes R, G, B of 0 … 255, at the size that the model reads. A certificate is about these values.
async function pixels(blob) {
  let image;
  try {
    image = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none', imageOrientation: 'none' });
  } catch {
    throw new Error(`These ${blob.size} bytes are no image that this browser can read.`);
  }
  const context = new OffscreenCanvas(card.width, card.height).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, card.width, card.height);
  const rgba = context.getImageData(0, 0, card.width, card.height).data, count = card.width * card.height, values = new Float32Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < 3; c++) values[c * count + i] = rgba[4 * i + c];
  return { values, width: image.width, height: image.height };
}
