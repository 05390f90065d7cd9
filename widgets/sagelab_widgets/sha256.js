// SHA-256 (FIPS 180-4). crypto.subtle would do, but it is missing on classroom servers without https.

const primes = (function (count) {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
})(64);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
const ROUND = primes.map((p) => fraction(Math.cbrt(p)));
const turn = (x, n) => (x >>> n) | (x << (32 - n));

/** The message's bytes, padded to whole blocks, as big-endian words. */
function padded(text) {
  const bytes = new TextEncoder().encode(text);
  const words = new DataView(new ArrayBuffer((((bytes.length + 8) >> 6) + 1) * 64));
  bytes.forEach((byte, i) => words.setUint8(i, byte));
  words.setUint8(bytes.length, 0x80);
  words.setUint32(words.byteLength - 4, bytes.length * 8);
  return words;
}

/** The 64 words that one block of 16 is stretched to. */
function schedule(words, at) {
  const w = new Int32Array(64);
  for (let i = 0; i < 16; i++) w[i] = words.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  return w;
}

function compress(state, w) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + state[i]) | 0);
}

/** The hash of a text's UTF-8 bytes, in hexadecimal. */
export function sha256(text) {
  const words = padded(text);
  let state = START;
  for (let at = 0; at < words.byteLength; at += 64) state = compress(state, schedule(words, at));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
