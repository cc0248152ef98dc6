// Drives real upload clients in a real browser. The argument is JSON with the jobs. For each job, the script prints
// one line of JSON with the answer.
// The stack's CORS rules allow the page's origin. No server listens there: this script gives the page to the browser.
// All other requests go out unchanged.
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const { browser: executablePath, origin, jobs } = JSON.parse(process.argv[2])
const bundle = await build({ entryPoints: ['clients.js'], bundle: true, format: 'iife', write: false, logLevel: 'error' })
const script = bundle.outputFiles[0].text
const html = '<!DOCTYPE html><title>upload</title><form id="drop"></form><p role="alert"></p><script src="/clients.js"></script>'
// Waits until the recorder has looked at the file: the client has no answer for longer than that.
async function verdict(job, key) {
  for (let state = 'pending'; state === 'pending'; await new Promise((resolve) => setTimeout(resolve, 200)))
    ({ state } = await (await fetch(`${job.base}/${key}`)).json())
}
// Chromium asks the person before a page of another machine may send requests to this machine. That question is not
// part of CORS, so it is switched off.
const local = '--disable-features=LocalNetworkAccessChecks'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', local] })
try {
  for (const job of jobs) {
    const page = await browser.newPage()
    const [heard, thrown] = [[], []]
    page.on('pageerror', (error) => thrown.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && heard.push(message.text().split('?')[0]))
    await page.route(`${origin}/**`, (route) =>
      route.request().url().endsWith('/clients.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({ contentType: 'text/html', body: html }))
    let lost = 0
    if (job.lose)
      await page.route((url) => url.pathname.endsWith(`/${job.lose}`), async (route) => {
        if (lost > 0 || route.request().method() !== 'POST') return route.continue()
        lost += 1
        await route.fetch() // The API carries out the request, but its answer is lost.
        await verdict(job, new URL(route.request().url()).searchParams.get('key'))
        await route.abort('connectionreset')
      })
    await page.goto(`${origin}/`)
    let patience
    const answer = await Promise.race([
      page.evaluate((job) => window.run(job), job),
      new Promise((resolve) => (patience = setTimeout(() => resolve({ ok: false, error: 'no answer within 60 s' }), 60000))),
    ])
    clearTimeout(patience) // Otherwise the process would not end for a minute.
    const shown = await page.textContent('[role=alert]')
    console.log(JSON.stringify({ ...answer, lost, shown, heard, thrown }))
    await page.close()
  }
} finally {
  await browser.close()
}
