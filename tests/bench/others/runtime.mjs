// The loop of a function: asks the Lambda Runtime API for an event, answers it, and writes one line of the log.
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => resolve({ headers: answer.headers, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export function log(fields) {
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), level: 'INFO', ...fields }))
}

// The line of a request of the HTTP API.
export function logRequest(invocation_id, event, { statusCode }) {
  const { requestContext, routeKey } = event
  log({ message: 'request', request_id: requestContext.requestId, invocation_id, route: routeKey, status: statusCode })
}

export async function run(handle) {
  for (;;) {
    const next = await call('GET', 'next')
    const id = next.headers['lambda-runtime-aws-request-id']
    await call('POST', `${id}/response`, JSON.stringify(await handle(JSON.parse(next.text), id)))
  }
}
