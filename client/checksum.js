// The CRC-64/NVME of a file, which S3 computes of a file in parts. A number of JavaScript has too few bits for it, and
// BigInt is slow, so it is kept in two halves.

import { base64, unreadable } from './common.js'

const READ_BYTES = 4 * 1024 * 1024 // browsers take about a millisecond for each read
const SLICE_BYTES = 512 * 1024 // takes about a millisecond; a multiple of eight
const LOW = 0xac4bc9b5 // of the reflected polynomial
const HIGH = 0x9a6c9329

// What a byte changes if up to seven bytes follow it: eight tables, in each of which a byte has two numbers, low and high.
const TABLES = new Int32Array(8 * 512)

for (let byte = 0; byte < 256; byte += 1) {
  let crc = [byte, 0]
  for (let bit = 0; bit < 8; bit += 1) {
    const [low, high] = crc
    crc = [(low >>> 1) | (high << 31), high >>> 1]
    if (low & 1) crc = [crc[0] ^ LOW, crc[1] ^ HIGH]
  }
  TABLES.set(crc, 2 * byte)
}
for (let at = 512; at < TABLES.length; at += 2) TABLES.set(shifted(TABLES[at - 512], TABLES[at - 511], 0), at)

// The halves after one byte.
function shifted(low, high, byte) {
  const at = ((low ^ byte) & 255) << 1
  return [(low >>> 8) | (high << 24), high >>> 8].map((half, n) => half ^ TABLES[at + n])
}

// The halves after a slice, which begins at a multiple of eight, eight bytes at a time. Every browser's processor has the
// lowest byte of a word first.
function added([low, high], { buffer, byteOffset, byteLength }) {
  const words = new Int32Array(buffer, byteOffset, (byteLength >>> 3) << 1)
  for (let n = 0; n < words.length; n += 2) {
    const a = words[n] ^ low
    const b = words[n + 1] ^ high
    const a0 = 3584 + ((a << 1) & 510)
    const a1 = 3072 + ((a >>> 7) & 510)
    const a2 = 2560 + ((a >>> 15) & 510)
    const a3 = 2048 + ((a >>> 23) & 510)
    const b0 = 1536 + ((b << 1) & 510)
    const b1 = 1024 + ((b >>> 7) & 510)
    const b2 = 512 + ((b >>> 15) & 510)
    const b3 = (b >>> 23) & 510
    low = TABLES[a0] ^ TABLES[a1] ^ TABLES[a2] ^ TABLES[a3] ^ TABLES[b0] ^ TABLES[b1] ^ TABLES[b2] ^ TABLES[b3]
    high = TABLES[a0 + 1] ^ TABLES[a1 + 1] ^ TABLES[a2 + 1] ^ TABLES[a3 + 1] ^ TABLES[b0 + 1] ^ TABLES[b1 + 1] ^ TABLES[b2 + 1] ^ TABLES[b3 + 1]
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
