// The page of examples/WebApi and examples/Browser. Where answers come from is engine.js, which each of them has: load() gives the model's card,
// and certify(blob) the answer about an image file.
import { load, certify as ask } from './engine.js';

const $ = id => document.getElementById(id);
const add = (parent, tag, text, name) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (name) e.className = name; parent.append(e); return e; };
// Radii are floats and are compared as floats; what is shown is cut off, never rounded up.
const float = Math.fround;
const down = x => (Math.floor(x * 1000) / 1000).toFixed(3);
const slider = $('epsilon');
let model = null, answer = null, turn = 0, address = null;

const epsilon = () => float(slider.value / 255);

// The sets that hold at ε, smallest first: the k highest classes for each allowed k with r_k > ε. The first is the certified set.
function holding(e) {
  const all = [];
  for (let k = 1; k <= answer.largestK; k++) if (float(answer.radii[k - 1]) > e) all.push(k);
  return all;
}

function show() {
  const e = epsilon(), text = `${slider.value}/255 ≈ ${(slider.value / 255).toFixed(3)}`;
  $('shown').textContent = text;
  slider.setAttribute('aria-valuetext', text);
  if (!answer) return;
  const [k = 0, ...larger] = holding(e), names = answer.classes.map(c => c.name), r = k ? answer.radii[k - 1] : 0;
  $('result').className = k ? 'is-proved' : 'is-open';
  const group = k > 1 && answer.groups?.[k - 1]; // a named affinity set; only the server knows them
  $('verdict').textContent = k ? `✓ Proved at ε = ${slider.value}/255` + (group ? `: ${group}` : '')
    : `Not proved at ε = ${slider.value}/255`;
  $('set').replaceChildren();
  for (const name of names.slice(0, k)) add($('set'), 'li', name);
  if (!k) add($('set'), 'li', `Predicted, unproved: ${answer.predictedLabel}`, 'none');
  const farthest = Math.max(0, ...answer.radii.slice(0, answer.largestK));
  $('sentence').textContent = k === 1 ? `No change of the image shorter than ${down(r)} changes the predicted class.`
    : k ? `No change of the image shorter than ${down(r)} changes which ${k} classes are the highest. Their order may change.`
    : farthest > 0 ? `Some change of this size might alter the sets below; the proof reaches to ${down(farthest)}.` : 'No set of classes is proved for this image.';
  if (larger.length) $('sentence').textContent += ` Proved as well: ${larger.map(i => `${names.slice(0, i).join(', ')} (up to ${down(answer.radii[i - 1])})`).join('; ')}.`;
  const rows = $('bars').querySelector('ol').children;
  for (let i = 0; i < rows.length; i++)
    rows[i].className = (float(answer.radii[i]) > e ? 'holds' : '') + (i + 1 === k ? ' chosen' : '');
  $('line').style.left = `calc(11px + (100% - 22px) * ${slider.value / slider.max})`;
}

function showAnswer() {
  const names = answer.classes.map(c => c.name), list = $('bars').querySelector('ol'), most = slider.max / 255;
  $('empty').hidden = true;
  $('result').hidden = false;
  $('size').textContent = answer.width === model.width && answer.height === model.height ? `${answer.width} × ${answer.height}` : `${answer.width} × ${answer.height}, scored at ${model.width} × ${model.height}`;
  list.replaceChildren();
  for (let k = 1; k <= Math.max(1, answer.largestK); k++) {
    const item = add(list, 'li'), name = add(item, 'div', undefined, 'name'), r = answer.radii[k - 1];
    add(name, 'b', k === 1 ? names[0] : `… or ${names[k - 1]}`);
    add(name, 'span', r > 0 ? `up to ${down(r)}` : 'not proved', 'numbers');
    add(add(item, 'div', undefined, 'bar'), 'i').style.width = `${Math.min(100, 100 * r / most)}%`;
  }
  $('scores').replaceChildren();
  for (const c of answer.classes.slice(0, 4)) {
    add($('scores'), 'span', c.name);
    add(add($('scores'), 'div', undefined, 'bar'), 'i').style.width = `${100 * c.score}%`;
    add($('scores'), 'span', `${(100 * c.score).toFixed(1)} %`, 'numbers soft');
  }
  show();
}

async function certify(blob) {
  const mine = ++turn;
  $('error').textContent = '';
  $('result').setAttribute('aria-busy', 'true');
  try {
    const said = await ask(blob);
    if (mine !== turn) return; // another image has been chosen meanwhile
    answer = said;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(blob);
    $('preview').src = address;
    $('preview').hidden = false;
    showAnswer();
  } catch (e) {
    if (mine === turn) $('error').textContent = e.message;
  } finally {
    if (mine === turn) $('result').removeAttribute('aria-busy');
  }
}

function press(button) { for (const b of $('samples').querySelectorAll('button')) b.setAttribute('aria-pressed', b === button); }
function take(files) { if (files && files.length) { press(null); certify(files[0]); } }

$('file').addEventListener('change', e => { take(e.target.files); e.target.value = ''; });
slider.addEventListener('input', show);
for (const kind of ['dragenter', 'dragover']) document.addEventListener(kind, e => { e.preventDefault(); $('drop').classList.add('over'); });
for (const kind of ['dragleave', 'drop']) document.addEventListener(kind, e => { e.preventDefault(); $('drop').classList.remove('over'); });
document.addEventListener('drop', e => take(e.dataTransfer.files));
document.addEventListener('paste', e => take(e.clipboardData.files));

// Drawings of land seen from above, so that the page has something to show without any files. Seeded: everyone gets the same.
function noise(seed) { return (x, y) => { let h = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed, 2246822519); h = Math.imul(h ^ (h >>> 13), 1274126177); return ((h ^ (h >>> 16)) >>> 0) / 4294967295 - .5; }; }
function smooth(n, scale) { return (x, y) => { const i = Math.floor(x / scale), j = Math.floor(y / scale), u = x / scale - i, v = y / scale - j; return (n(i, j) * (1 - u) + n(i + 1, j) * u) * (1 - v) + (n(i, j + 1) * (1 - u) + n(i + 1, j + 1) * u) * v; }; }
const plus = (c, d) => [c[0] + d, c[1] + d, c[2] + d];
const drawings = {
  Sea: () => { const w = smooth(noise(1), 14), n = noise(2); return (x, y) => plus([48, 72, 98], 6 * w(x, y) + 2 * n(x, y)); },
  Forest: () => { const w = smooth(noise(3), 5), n = noise(4); return (x, y) => plus([46, 70, 66], 16 * w(x, y) + 8 * n(x, y)); },
  Fields: () => { const n = noise(5), c = [[124, 112, 92], [92, 106, 78], [150, 132, 108], [104, 98, 84]]; return (x, y) => { const u = x + y * .35, f = Math.floor(u / 17) + 3 * Math.floor((y - x * .2 + 20) / 26); return plus(c[((f % 4) + 4) % 4], 7 * n(x, y)); }; },
  River: () => { const w = smooth(noise(7), 7), n = noise(8); return (x, y) => { const d = Math.abs(x - 30 - 11 * Math.sin(y / 13)); return d < 6 ? plus([62, 82, 92], 4 * n(x, y)) : plus([78, 92, 76], 26 * w(x, y) + 8 * n(x, y)); }; },
  Town: () => { const n = noise(9), b = noise(10); return (x, y) => { const i = Math.floor(x / 6), j = Math.floor(y / 7); if (x % 6 < 1 || y % 7 < 2) return plus([112, 110, 108], 12 * n(x, y)); const v = b(i, j); return v > .12 ? plus([168, 140, 126], 40 * v + 14 * n(x, y)) : plus([92, 98, 88], 30 * v + 14 * n(x, y)); }; },
  Road: () => { const w = smooth(noise(11), 16), n = noise(12); return (x, y) => Math.abs(y - 20 - x * .45) < 2.2 ? plus([150, 146, 142], 10 * n(x, y)) : plus([96, 104, 84], 30 * w(x, y) + 7 * n(x, y)); },
};
function draw(canvas, at) {
  const context = canvas.getContext('2d'), image = context.createImageData(64, 64);
  canvas.width = canvas.height = 64;
  for (let y = 0; y < 64; y++) for (let x = 0; x < 64; x++) image.data.set([...at(x, y), 255], 4 * (64 * y + x));
  context.putImageData(image, 0, 0);
}
for (const [name, make] of Object.entries(drawings)) {
  const button = add(add($('samples'), 'li'), 'button');
  button.type = 'button';
  button.setAttribute('aria-pressed', false);
  const canvas = add(button, 'canvas');
  canvas.setAttribute('aria-hidden', true);
  draw(canvas, make());
  add(button, 'span', name);
  button.addEventListener('click', () => { press(button); canvas.toBlob(certify, 'image/png'); });
}

(async () => {
  try {
    model = await load();
  } catch (e) {
    $('about').textContent = e.message;
    return;
  }
  slider.max = Math.max(8, Math.round(4 * model.epsilon * 255));
  slider.value = Math.round(model.epsilon * 255);
  $('about').textContent = `${model.classes.length} classes. The model answers with a set of classes that no small change of the image can alter: a mathematical proof, not an estimate.`;
  const rows = [['Guarantee', `${model.guarantee}: ${model.guaranteeInWords}.`], ['ε of the model', `${down(model.epsilon)} (${model.norm})`], ['Distance', `${model.norm}: ${model.unit}.`],
    ['Arithmetic', `${model.arithmetic}: ${model.arithmeticInWords}.`], ['Not proved', model.notProved], ['Classes', model.classes.join(', ')]];
  for (const [term, text] of rows) { add($('card'), 'dt', term); add($('card'), 'dd', text); }
  show();
  document.body.dataset.ready = 'true';
})();
