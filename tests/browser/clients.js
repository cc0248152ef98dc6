// The code that a page needs for each upload client. `run(job)` uploads, and returns what a person would see.
import { DirectUpload } from '@rails/activestorage'
import { Dropzone } from 'dropzone'

const file = (job) => new File([new Uint8Array(job.bytes).map((_, i) => (i < job.head.length ? job.head[i] : 120))], job.filename, { type: job.type })

// Shows the messages of Uppy's Informer, without its styles.
function inform(uppy) {
  const shown = document.querySelector('[role=alert]')
  uppy.on('info-visible', () => {
    shown.textContent = uppy.getState().info.map(({ message, details }) => [message, details].filter(Boolean).join(': ')).join('\n')
  })
}

async function uppy(job, Uppy, AwsS3, options) {
  const uppy = new Uppy({ restrictions: job.restrictions ?? {} })
  inform(uppy)
  const multipart = job.multipart === true
  uppy.use(AwsS3, { ...options, shouldUseMultipart: multipart, retryDelays: [0] })
  const id = uppy.addFile({ name: job.filename, type: job.type, data: file(job) })
  const pauses = []
  let begun = false
  uppy.on('upload-pause', (_, isPaused) => pauses.push(isPaused))
  uppy.on('upload-progress', (_, progress) => {
    if (begun || !progress.bytesUploaded) return
    begun = true
    if (job.cancel) uppy.cancelAll()
    if (job.pause) {
      uppy.pauseResume(id)
      setTimeout(() => {
        pauses.push(uppy.getFiles()[0].progress.uploadComplete === true ? 'done' : 'waiting')
        uppy.pauseResume(id)
      }, 500)
    }
  })
  if (job.cancel) {
    uppy.upload()
    // Uppy asks for the parts to be aborted and does not wait for the answer, so no event says when they are gone.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    if (!begun) return { ok: false, error: 'nothing was sent within 4 s', pauses }
    return { ok: false, error: 'cancelled', pauses }
  }
  const first = await uppy.upload()
  // After an error, a person presses Retry.
  const result = job.retry ? await uppy.retryAll() : first
  const failed = result?.failed ?? []
  return { ok: (result?.successful ?? []).length === 1, error: failed[0]?.error ?? null, pauses }
}

// Asks Shrine's route as Shrine's guide shows it.
const presign = async (job, name, type) => {
  const answer = await fetch(`${job.base}/presign?${new URLSearchParams({ filename: name, type })}`)
  return answer.json()
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
  'shrine-5': async (job) => {
    const { Uppy, AwsS3 } = await import('./uppy-5/client.js')
    return uppy(job, Uppy, AwsS3, { getUploadParameters: (file) => presign(job, file.name, file.type) })
  },
  'shrine-6': async (job) => {
    const { Uppy, AwsS3 } = await import('./uppy-6/client.js')
    return uppy(job, Uppy, AwsS3, { signRequest: ({ contentType }) => presign(job, job.filename, contentType ?? job.type) })
  },
  // As docs/uploading.md shows it.
  fetch: async (job) => {
    const body = JSON.stringify({ filename: job.filename, content_type: job.type, size_bytes: job.bytes })
    const answer = await fetch(`${job.base}/uploads`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const issued = await answer.json()
    if (!answer.ok) return { ok: false, error: issued.message }
    const form = new FormData()
    for (const [name, value] of Object.entries(issued.fields)) form.append(name, value)
    form.append('file', file(job))
    const stored = await fetch(issued.url, { method: 'POST', body: form })
    return { ok: stored.status === 201, error: null }
  },
  activestorage: (job) =>
    new Promise((resolve) => {
      const upload = new DirectUpload(file(job), `${job.base}/direct_uploads`)
      upload.create((error, blob) => resolve({ ok: !error && Boolean(blob.signed_id), error: error ? String(error) : null }))
    }),
  // A form for each file, as docs/uploading.md shows it.
  dropzone: (job) =>
    new Promise((resolve) => {
      const dropzone = new Dropzone(document.querySelector('#drop'), {
        url: ([file]) => file.issued.url,
        params: ([file]) => file.issued.fields,
        accept: async (file, done) => {
          const answer = await fetch(`${job.base}/s3/params?${new URLSearchParams({ filename: file.name, type: file.type })}`)
          file.issued = await answer.json()
          done(answer.ok ? undefined : file.issued.message)
        },
      })
      dropzone.on('queuecomplete', () => resolve({ ok: dropzone.getRejectedFiles().length === 0 && dropzone.getFilesWithStatus(Dropzone.SUCCESS).length === job.files, error: null }))
      dropzone.on('error', (_, message) => resolve({ ok: false, error: String(message.message ?? message) }))
      for (let n = 0; n < job.files; n += 1) dropzone.addFile(file(job))
    }),
}

window.run = async (job) => {
  try {
    return await jobs[job.client](job)
  } catch (error) {
    return { ok: false, error: String(error) }
  }
}
