// What a page would write around each client. `run(job)` answers with what a person would see.
import { DirectUpload } from '@rails/activestorage'
import { Dropzone } from 'dropzone'

const file = (job) => new File([new Uint8Array(job.bytes).map((_, i) => (i < job.head.length ? job.head[i] : 120))], job.filename, { type: job.type })

async function uppy(job, Uppy, AwsS3, options) {
  const uppy = new Uppy()
  const multipart = job.multipart === true
  uppy.use(AwsS3, { ...options, shouldUseMultipart: multipart, retryDelays: [0] })
  const id = uppy.addFile({ name: job.filename, type: job.type, data: file(job) })
  if (job.cancel) {
    uppy.on('upload-progress', () => uppy.cancelAll())
  }
  if (job.pause) {
    let paused = false
    uppy.on('upload-progress', () => {
      if (paused) return
      paused = true
      uppy.pauseResume(id)
      setTimeout(() => uppy.pauseResume(id), 300)
    })
  }
  const result = await uppy.upload()
  const failed = result?.failed ?? []
  return { ok: (result?.successful ?? []).length === 1, error: failed[0]?.error ?? null }
}

const jobs = {
  'uppy-5': async (job) => {
    const { Uppy, AwsS3 } = await import('./uppy-5/client.js')
    return uppy(job, Uppy, AwsS3, { endpoint: job.base })
  },
  'uppy-6': async (job) => {
    const { Uppy, AwsS3 } = await import('./uppy-6/client.js')
    return uppy(job, Uppy, AwsS3, { companionEndpoint: job.base })
  },
  activestorage: (job) =>
    new Promise((resolve) => {
      const upload = new DirectUpload(file(job), `${job.base}/direct_uploads`)
      upload.create((error, blob) => resolve({ ok: !error && Boolean(blob.signed_id), error: error ? String(error) : null }))
    }),
  dropzone: async (job) => {
    const issued = await fetch(`${job.base}/s3/params?filename=${encodeURIComponent(job.filename)}&type=${encodeURIComponent(job.type)}`)
    const { url, fields } = await issued.json()
    // A plain object is lost: Dropzone lays it over its own default, which is a function.
    const dropzone = new Dropzone(document.querySelector('#drop'), { url, params: () => fields })
    return new Promise((resolve) => {
      dropzone.on('success', () => resolve({ ok: true, error: null }))
      dropzone.on('error', (_, message) => resolve({ ok: false, error: String(message) }))
      dropzone.addFile(file(job))
    })
  },
}

window.run = async (job) => {
  try {
    return await jobs[job.client](job)
  } catch (error) {
    return { ok: false, error: String(error) }
  }
}
