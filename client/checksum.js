// The CRC-64/NVME of a file, which S3 computes of a file in parts. A number of JavaScript has too few bits for it, and
// BigInt is slow, so it is kept in two halves.

import { base64, unreadable } from './common.js'

const READ_BYTES = 4 * 1024 * 1024 // browsers take about a millisecond for each read
const SLICE_BYTES = 512 * 1024 // takes about half a millisecond on a desktop; a multiple of eight
const LOW = 0xac4bc9b5 // of the reflected polynomial
const HIGH = 0x9a6c9329

// What a byte changes in each half if up to seven bytes follow it: eight tables of 256 numbers for each half. One array for
// both halves would take 1.6 times as long.
const LOWS = new Int32Array(8 * 256)
const HIGHS = new Int32Array(8 * 256)

for (let byte = 0; byte < 256; byte += 1) {
  let [low, high] = [byte, 0]
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = low & 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (isOdd) {
      low ^= LOW
      high ^= HIGH
    }
  }
  LOWS[byte] = low
  HIGHS[byte] = high
}
for (let at = 256; at < LOWS.length; at += 1) {
  [LOWS[at], HIGHS[at]] = shifted(LOWS[at - 256], HIGHS[at - 256], 0)
}

// The halves after one byte.
function shifted(low, high, byte) {
  const at = (low ^ byte) & 255
  return [((low >>> 8) | (high << 24)) ^ LOWS[at], (high >>> 8) ^ HIGHS[at]]
}

// The halves after a slice, which begins at a multiple of eight, eight bytes at a time. Every browser's processor has the
// lowest byte of a word first.
function added([low, high], { buffer, byteOffset, byteLength }) {
  const words = new Int32Array(buffer, byteOffset, (byteLength >>> 3) << 1)
  for (let n = 0; n < words.length; n += 2) {
    const a = words[n] ^ low
    const b = words[n + 1] ^ high
    const a0 = 1792 + (a & 255)
    const a1 = 1536 + ((a >>> 8) & 255)
    const a2 = 1280 + ((a >>> 16) & 255)
    const a3 = 1024 + (a >>> 24)
    const b0 = 768 + (b & 255)
    const b1 = 512 + ((b >>> 8) & 255)
    const b2 = 256 + ((b >>> 16) & 255)
    const b3 = b >>> 24
    low = LOWS[a0] ^ LOWS[a1] ^ LOWS[a2] ^ LOWS[a3] ^ LOWS[b0] ^ LOWS[b1] ^ LOWS[b2] ^ LOWS[b3]
    high = HIGHS[a0] ^ HIGHS[a1] ^ HIGHS[a2] ^ HIGHS[a3] ^ HIGHS[b0] ^ HIGHS[b1] ^ HIGHS[b2] ^ HIGHS[b3]
  }
  const rest = new Uint8Array(buffer, byteOffset + words.byteLength, byteLength & 7)
  return rest.reduce((crc, byte) => shifted(...crc, byte), [low, high])
}

// The next bytes are read while these are computed.
async function* slicesOf(file, signal) {
  const read = (from) => {
    const bytes = file.slice(from, from + READ_BYTES).arrayBuffer()
    bytes.catch(() => {}) // an error is thrown where the bytes are needed
    return bytes
  }
  let next = read(0)
  for (let from = 0; from < file.size; from += READ_BYTES) {
    const bytes = new Uint8Array(await next.catch(unreadable))
    signal.throwIfAborted()
    next = read(from + READ_BYTES)
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES)
  }
}

// In base64, as S3 writes it.
export async function checksumOf(file, signal) {
  let crc = [-1, -1]
  for await (const slice of slicesOf(file, signal)) {
    crc = added(crc, slice)
    await nextTask()
  }
  const [low, high] = crc
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setInt32(0, ~high)
  bytes.setInt32(4, ~low)
  return base64(bytes.buffer)
}

// Lets the page go on. A timer would take a second in a tab that is not shown.
function nextTask() {
  const { port1, port2 } = new MessageChannel()
  return new Promise((go) => {
    port1.onmessage = () => go(port1.close())
    port2.postMessage(0)
  })
}
