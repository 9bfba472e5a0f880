const BLOCK_BYTES = 8_192;

let block = new Uint8Array(BLOCK_BYTES);
let used = 0;

/**
 * A few zero bytes, part of a block that holds others as well and is never given out twice. For what native code is to read: a small array of its own lies in the
 * heap of the JavaScript engine and is moved out first, which costs several microseconds for each signature.
 */
export function pooledBytes(length: number): Uint8Array {
  if (length > BLOCK_BYTES / 8) return new Uint8Array(length);
  if (used + length > BLOCK_BYTES) {
    block = new Uint8Array(BLOCK_BYTES);
    used = 0;
  }
  const bytes = block.subarray(used, used + length);
  used += length;
  return bytes;
}
