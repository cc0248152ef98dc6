// An API and an S3 in memory, which refuse, lose answers and expire as a test asks. Nothing here depends on a clock.

import { createHash, randomUUID } from 'node:crypto'
import { checksumOf } from '../../client/checksum.js'

export const PART_BYTES = 8 * 2 ** 20
const API = 'https://api.test'
const S3 = 'https://s3.test'

const json = (status, value, headers = {}) => ({ status, headers, text: JSON.stringify(value) })
const problem = (status, code, more, headers) => json(status, { code, message: `The API says ${code}.`, ...more }, headers)
const refusal = (status, code) => ({ status, headers: {}, text: `<Error><Code>${code}</Code><Message>S3 says ${code}.</Message></Error>` })

export class Stack {
  endpoint = `${API}/t/token`
  requests = [] // "METHOD /route", with "part N" for parts
  uploads = new Map()
  keys = new Map()
  made = 0
  epoch = 0 // of signatures: what an earlier epoch has signed has expired
  hasBatch = true
  verdict = { state: 'available' }
  completing = 0
  damaging = 0 // of so many parts, S3 gets another byte
  #faults = []

  // For the next `times` requests that match: "cut" (it does not arrive), "lost" (its answer does not), or an answer.
  fault(match, fault, times = 1) {
    this.#faults.push({ match, fault, times })
  }

  count(match) {
    return this.requests.filter((request) => match.test(request)).length
  }

  get only() {
    const [upload, ...others] = this.uploads.values()
    if (!upload || others.length) throw new Error(`${this.uploads.size} uploads`)
    return upload
  }

  expireSignatures() {
    this.epoch += 1
  }

  async answer(method, url, { headers = {}, body } = {}) {
    const { origin, pathname, searchParams } = new URL(url)
    const part = searchParams.get('partNumber')
    const line = `${method} ${origin === S3 ? 's3' : pathname.replace('/t/token', '')}${part ? ` part ${part}` : ''}`
    this.requests.push(line)
    const planned = this.#faults.find(({ match, times }) => times > 0 && match.test(line))
    if (planned) planned.times -= 1
    const { fault } = planned ?? {}
    if (fault === 'cut') return undefined
    if (typeof fault === 'function') fault()
    else if (fault && fault !== 'lost') return fault
    const answer = origin === S3 ? await this.#s3(method, searchParams, body) : await this.#api(line, headers, body && JSON.parse(body))
    return fault === 'lost' ? undefined : answer
  }

  #api(line, headers, body) {
    if (line === 'POST /uploads') return this.#once(headers, body, () => this.#form(body))
    if (line === 'POST /uploads/multipart') return this.#once(headers, body, () => this.#multipart(body))
    if (line === 'POST /uploads/batch') {
      if (!this.hasBatch) return problem(404, 'route_not_found')
      return this.#once(headers, body, () => this.#batch(body))
    }
    const [, method, id, rest = ''] = /^(\w+) \/uploads\/([^/]+)(.*)$/.exec(line)
    const upload = this.uploads.get(id)
    if (!upload) return problem(404, 'upload_not_found')
    if (!rest) return this.#shown(id, upload)
    if (method === 'DELETE') return this.#givenUp(upload)
    if (!upload.parts) return problem(404, 'multipart_not_found')
    if (rest === '/complete') return this.#complete(upload, body)
    const etag = upload.stored ? null : '"etag"'
    const sizes = [...upload.parts].map(([part_number, { size }]) => ({ part_number, size_bytes: size, etag }))
    if (method === 'GET') return json(200, { parts: sizes })
    const parts = body.part_numbers.map((part_number) =>
      ({ part_number, url: `${S3}/?id=${id}&partNumber=${part_number}&epoch=${this.epoch}` }))
    return json(200, { parts })
  }

  // What a key made is given again, as long as the form lives and takes a file.
  #once(headers, body, make) {
    const key = headers['idempotency-key']
    if (!key) throw new Error('a creation needs a key')
    const known = this.keys.get(key)
    if (!known) {
      const answer = make()
      if (answer.status === 201) this.keys.set(key, { body: JSON.stringify(body), answer, epoch: this.epoch })
      return answer
    }
    if (known.body !== JSON.stringify(body)) return problem(422, 'idempotency_key_reused')
    const { upload_id } = JSON.parse(known.answer.text)
    const upload = this.uploads.get(upload_id)
    if (upload?.stored) return problem(409, 'idempotency_key_spent', { upload_id })
    if (upload?.state === 'expired') return problem(409, 'idempotency_key_spent')
    return known.epoch === this.epoch ? known.answer : problem(409, 'idempotency_key_spent')
  }

  #make(body, more) {
    const upload_id = randomUUID()
    this.made += 1
    this.uploads.set(upload_id, { body, state: 'pending', stored: 0, asked: 0, ...more })
    return upload_id
  }

  #issued(body) {
    const upload_id = this.#make(body)
    return { upload_id, method: 'POST', url: `${S3}/`, fields: { key: `uploads/${upload_id}`, epoch: String(this.epoch) } }
  }

  #form(body) {
    if (/[/\\]/.test(body.filename)) return problem(422, 'invalid_fields', { errors: [{ field: 'filename', rule: 'no path' }] })
    return json(201, this.#issued(body))
  }

  #batch({ uploads }) {
    const errors = uploads.flatMap(({ filename }, n) => (/[/\\]/.test(filename) ? [{ field: `uploads[${n}].filename`, rule: 'no path' }] : []))
    if (errors.length) return problem(422, 'invalid_fields', { errors })
    return json(201, { uploads: uploads.map((body) => this.#issued(body)) })
  }

  #multipart(body) {
    const upload_id = this.#make(body, { parts: new Map() })
    return json(201, { upload_id, method: 'MULTIPART', part_size_bytes: PART_BYTES, part_count: Math.ceil(body.size_bytes / PART_BYTES) })
  }

  #givenUp(upload) {
    if (!['pending', 'expired'].includes(upload.state)) return problem(409, 'upload_has_file')
    Object.assign(upload, { state: 'expired', parts: undefined })
    return { status: 204, headers: {}, text: '' }
  }

  #shown(upload_id, upload) {
    // The recorder takes a moment, and looks at what arrives for an upload that was given up too.
    const isOpen = ['pending', 'expired'].includes(upload.state)
    if (upload.stored && isOpen && (upload.asked += 1) > 1) Object.assign(upload, this.verdict)
    const { filename, content_type, size_bytes, path } = upload.body
    return json(200, { upload_id, filename, content_type, max_size_bytes: size_bytes, path, state: upload.state, rejection: upload.rejection })
  }

  async #complete(upload, stated) {
    if (upload.stored) return json(200, {}) // nothing is compared any more
    const parts = [...upload.parts].sort(([one], [other]) => one - other)
    const whole = new Blob(parts.map(([, { bytes }]) => bytes))
    if (whole.size !== upload.body.size_bytes) return problem(422, 'parts_refused')
    upload.stated = stated?.checksum_crc64nvme
    const computed = await checksumOf(whole, new AbortController().signal)
    if (upload.stated && upload.stated !== computed) return problem(422, 'checksum_mismatch')
    if (this.completing-- > 0) return problem(503, 'completing', {}, { 'retry-after': '5' })
    upload.stored ||= 1
    return json(200, {})
  }

  async #s3(method, query, body) {
    if (method === 'POST') return this.#posted(body)
    const bytes = this.damaging && this.damaging-- ? new Blob([new Uint8Array([1]), body.slice(1)]) : body
    const digest = await sha256(bytes)
    const upload = this.uploads.get(query.get('id'))
    const number = Number(query.get('partNumber'))
    if (Number(query.get('epoch')) !== this.epoch) return refusal(403, 'AccessDenied')
    if (!upload.parts) return refusal(404, 'NoSuchUpload')
    const from = (number - 1) * PART_BYTES
    if (body.size !== Math.min(PART_BYTES, upload.body.size_bytes - from)) return refusal(403, 'SignatureDoesNotMatch')
    upload.parts.set(number, { size: body.size, sha256: digest, bytes })
    return { status: 200, headers: {}, text: '' }
  }

  async #posted(form) {
    const fields = [...form]
    const [name, file] = fields.at(-1)
    if (name !== 'file') return refusal(400, 'InvalidArgument')
    const upload = this.uploads.get(form.get('key').slice('uploads/'.length))
    if (form.get('epoch') !== String(this.epoch)) return refusal(403, 'AccessDenied')
    if (file.size > upload.body.size_bytes) return refusal(400, 'EntityTooLarge')
    const digest = await sha256(file)
    if ((upload.body.checksum_sha256 ?? digest) !== digest) return refusal(400, 'BadDigest')
    upload.stored += 1
    upload.sha256 = digest
    return { status: 201, headers: {}, text: '' }
  }
}

export async function sha256(blob) {
  return createHash('sha256').update(Buffer.from(await Blob.prototype.arrayBuffer.call(blob))).digest('base64')
}
