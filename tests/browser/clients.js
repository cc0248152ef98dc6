// What a page would write around each client. `run(job)` answers with what a person would see.
import { DirectUpload } from '@rails/activestorage'
import { Dropzone } from 'dropzone'

const file = (job) => new File([new Uint8Array(job.bytes).map((_, i) => (i < job.head.length ? job.head[i] : 120))], job.filename, { type: job.type })

// What Uppy's own Informer shows, shown here without its styles.
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
    // Nothing tells when the parts are gone: Uppy asks for that and does not wait.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    if (!begun) return { ok: false, error: 'nothing was sent within 4 s', pauses }
    return { ok: false, error: 'cancelled', pauses }
  }
  const result = await uppy.upload()
  const failed = result?.failed ?? []
  return { ok: (result?.successful ?? []).length === 1, error: failed[0]?.error ?? null, pauses }
}

// Shrine's route, asked as Shrine's guide asks it.
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
