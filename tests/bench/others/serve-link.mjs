// What serve-link does for a link that is not counted, in Node with the AWS SDK for JavaScript, as a
// program that asks the Lambda Runtime API for its events: token, one consistent read, a presigned
// URL, a redirect. Connections are kept and the clients are made once.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Agent, request } from 'node:http'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const environment = process.env
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const [host, port] = environment.AWS_LAMBDA_RUNTIME_API.split(':')

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

const dynamodb = new DynamoDBClient({})
const [mac, session] = await Promise.all([
  new KMSClient({}).send(
    new GenerateMacCommand({
      KeyId: environment.POSTERN_LINK_KEYS.split('=')[1],
      Message: Buffer.from('postern link token v1'),
      MacAlgorithm: 'HMAC_SHA_256',
    }),
  ),
  new STSClient({}).send(
    new AssumeRoleCommand({
      RoleArn: environment.POSTERN_SIGNER_ROLE_ARN,
      RoleSessionName: 'serve-link',
      DurationSeconds: Number(environment.POSTERN_SIGNER_SESSION_S),
    }),
  ),
])
const key = Buffer.from(mac.Mac)
const s3 = new S3Client({
  forcePathStyle: true,
  credentials: {
    accessKeyId: session.Credentials.AccessKeyId,
    secretAccessKey: session.Credentials.SecretAccessKey,
    sessionToken: session.Credentials.SessionToken,
  },
})

// The id of the link, if the token is one of ours.
function linkId(text) {
  const token = Buffer.from(text, 'base64url')
  if (text.length !== 32 || token.length !== 24 || (token[0] & 0x7f) !== 1) return undefined
  const tag = createHmac('sha256', key).update(token.subarray(0, 17)).digest().subarray(0, 7)
  if (!timingSafeEqual(tag, token.subarray(17))) return undefined
  return createHash('sha256').update(token.subarray(1, 17)).digest('base64url')
}

async function open(event) {
  const id = linkId(event.pathParameters.token)
  if (id === undefined) return { statusCode: 404, body: '{"code":"link_unknown"}' }
  const { Item: item } = await dynamodb.send(
    new GetItemCommand({ TableName: environment.POSTERN_TABLE, Key: { pk: { S: `LINK#${id}` } }, ConsistentRead: true }),
  )
  if (item === undefined) return { statusCode: 404, body: '{"code":"link_unknown"}' }
  const ended = item.revoked !== undefined || (item.expires_at !== undefined && Date.parse(item.expires_at.S) <= Date.now())
  if (ended) return { statusCode: 410, body: '{"code":"link_ended"}' }
  const url = await getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket: environment.POSTERN_BUCKET,
      Key: `uploads/${item.upload_id.S}`,
      VersionId: item.version_id.S,
      ResponseContentType: item.sniffed_type.S,
      ResponseContentDisposition: `inline; filename="${item.filename.S}"`,
      ResponseCacheControl: 'private, no-store',
    }),
    { expiresIn: Number(environment.POSTERN_LINK_URL_TTL_S) },
  )
  console.log(JSON.stringify({ request_id: event.requestContext.requestId, route: event.routeKey, status: 302 }))
  const headers = { location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' }
  return { statusCode: 302, headers }
}

for (;;) {
  const next = await call('GET', 'next')
  const answer = await open(JSON.parse(next.text))
  await call('POST', `${next.headers['lambda-runtime-aws-request-id']}/response`, JSON.stringify(answer))
}
