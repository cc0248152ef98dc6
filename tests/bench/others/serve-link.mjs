// What serve-link does for a link that is not counted, in Node with the AWS SDK for JavaScript: token, cookie,
// one consistent read, the link's terms, a presigned URL, a redirect, a line of the log. Connections are kept and
// the clients are made once. Pages are left out, and so is renewing the session: both are off the way measured.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { logRequest, run } from './runtime.mjs'

const environment = process.env
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
const sessionEnd = session.Credentials.Expiration.getTime()
const s3 = new S3Client({
  forcePathStyle: true,
  credentials: {
    accessKeyId: session.Credentials.AccessKeyId,
    secretAccessKey: session.Credentials.SecretAccessKey,
    sessionToken: session.Credentials.SessionToken,
  },
})

// Software that fetches what somebody has posted: it gets the page with the button.
const previewers = new RegExp(
  [
    'slackbot', 'slack-imgproxy', 'whatsapp', 'telegrambot', 'discordbot', 'twitterbot', 'facebookexternalhit',
    'facebot', 'linkedinbot', 'skypeuripreview', 'microsoftpreview', 'bingpreview', 'viber', 'signal-', 'mattermost',
    'rocket\\.chat', 'synapse', 'embedly', 'iframely', 'pinterest', 'redditbot', 'googlebot', 'google-pagerenderer',
    'google-safety', 'bingbot', 'applebot', 'yandexbot', 'baiduspider', 'mastodon/', 'bluesky cardyb',
    'zulipurlpreview', 'line-poker', 'barracuda', 'proofpoint', 'mimecast',
  ].join('|'),
  'i',
)
const inert = /^(application\/pdf|text\/plain|image\/(apng|avif|bmp|gif|heic|heif|jpeg|jxl|png|tiff|webp)|(audio|video)\/.*)$/
const ttl = Number(environment.POSTERN_LINK_URL_TTL_S)
const cookieName = '__Secure-postern-opened='

// The id of the link, if the token is one of ours.
function linkId(text) {
  const token = Buffer.from(text, 'base64url')
  if (text.length !== 32 || token.length !== 24 || (token[0] & 0x7f) !== 1) return undefined
  const tag = createHmac('sha256', key).update(token.subarray(0, 17)).digest().subarray(0, 7)
  if (!timingSafeEqual(tag, token.subarray(17))) return undefined
  return createHash('sha256').update(token.subarray(1, 17)).digest('base64url')
}

// Whether a cookie under our seal says that this link was opened within the last quarter of an hour.
function isGranted(event, id, now) {
  const cookies = [...(event.cookies ?? []), ...(event.headers.cookie ?? '').split(';')]
  for (const cookie of cookies) {
    const trimmed = cookie.trim()
    if (!trimmed.startsWith(cookieName)) continue
    const [until, stamp, seal = ''] = trimmed.slice(cookieName.length).split('.')
    const right = createHmac('sha256', key).update(['opened', id, until, stamp].join('\n')).digest()
    const shown = Buffer.from(seal, 'base64url')
    if (shown.length === right.length && timingSafeEqual(shown, right) && now / 1000 < Number(until)) return true
  }
  return false
}

function isShy(headers) {
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? headers['x-moz'] ?? headers['x-purpose'] ?? ''
  return /prefetch|preview/i.test(purpose) || previewers.test(headers['user-agent'] ?? '')
}

// The version that the visitor has already.
function has(headers, etag) {
  const tags = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.some((tag) => tag === '*' || tag.replaceAll('"', '') === etag)
}

function disposition(type, filename, asAttachment) {
  const shown = !asAttachment && inert.test(type.split(';')[0].trim().toLowerCase())
  const kind = shown ? 'inline' : 'attachment'
  const likeness = filename.replace(/[^ -~]|["%]/gu, '_')
  if (likeness === filename) return `${kind}; filename="${likeness}"`
  const exact = encodeURIComponent(filename).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${likeness}"; filename*=UTF-8''${exact}`
}

const problem = (statusCode, code) => ({
  statusCode,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({ status: statusCode, code }),
})
const guards = { 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' }

async function open(event) {
  const now = Date.now()
  const { headers } = event
  const id = linkId(event.pathParameters.token)
  if (id === undefined) return problem(404, 'link_unknown')
  if (headers.authorization !== undefined) return problem(400, 'authorization_unwanted')
  const granted = isGranted(event, id, now)
  const shy = isShy(headers)
  const { Item: item } = await dynamodb.send(
    new GetItemCommand({ TableName: environment.POSTERN_TABLE, Key: { pk: { S: `LINK#${id}` } }, ConsistentRead: true }),
  )
  if (item === undefined) return problem(404, 'link_unknown')
  const terms = item.terms?.M ?? {}
  const counts = terms.max_opens !== undefined || terms.max_opens_per_hour !== undefined
  const end = item.expires_at === undefined ? Infinity : Date.parse(item.expires_at.S)
  if (item.revoked !== undefined) return problem(410, 'link_revoked')
  if (end <= now) return problem(410, 'link_expired')
  if (!granted) {
    if (Number(terms.max_opens?.N ?? Infinity) <= Number(item.opens.N)) return problem(410, 'link_used_up')
    if (terms.password_hash !== undefined) return problem(401, 'password_required')
    if (terms.confirmed_only !== undefined || (counts && shy)) return problem(403, 'confirmation_required')
  }
  if (terms.allowed_network !== undefined) return problem(403, 'network_not_allowed')
  if (has(headers, item.etag.S)) {
    return { statusCode: 304, headers: { ...guards, etag: `"${item.etag.S}"`, 'cache-control': 'no-store' } }
  }
  const left = Math.min(ttl, Math.floor((Math.min(end, sessionEnd) - now) / 1000))
  if (left < 1) return problem(410, 'link_expired')
  const type = item.sniffed_type.S === 'text/plain' ? 'text/plain; charset=utf-8' : item.sniffed_type.S
  const url = await getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket: environment.POSTERN_BUCKET,
      Key: `uploads/${item.upload_id.S}`,
      VersionId: item.version_id.S,
      ResponseContentType: type,
      ResponseContentDisposition: disposition(type, terms.filename?.S ?? item.filename.S, terms.as_attachment?.BOOL),
      ResponseCacheControl: 'private, no-store',
    }),
    { expiresIn: left },
  )
  const age = Math.min(Number(terms.redirect_max_age_s?.N ?? 0), left - 5)
  const cacheControl = age > 0 && !counts ? `private, max-age=${age}` : 'no-store'
  return { statusCode: 302, headers: { ...guards, 'cache-control': cacheControl, location: url } }
}

await run(async (event, id) => {
  const answer = await open(event)
  logRequest(id, event, answer)
  return answer
})
