/**
 * MurmurHash3 of 32 bits (Appleby 2011, `MurmurHash3_x86_32`) over UTF-8, as a signed integer. The hash of scikit-learn's HashingVectorizer, so that features
 * have the same numbers there and here.
 */
export function murmur3(text: string, seed = 0): number {
  const bytes = utf8(text);
  const blocks = bytes.length & ~3;
  let hash = seed;
  for (let i = 0; i < blocks; i += 4) {
    const block = at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    hash ^= mixBlock(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | at(bytes, i);
  if (bytes.length > blocks) hash ^= mixBlock(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function mixBlock(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function at(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0;
}

const encoder = new TextEncoder();
let scratch = new Uint8Array(256);

/** Only until the next call. */
function utf8(text: string): Uint8Array {
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 6);
  const { written } = encoder.encodeInto(text, scratch);
  return scratch.subarray(0, written);
}
