// What issue-upload does for a form without limits of the owner, in Node with the AWS SDK for JavaScript: the
// file's name, type and size, one conditional put, a presigned POST, a line of the log.
import { randomUUID } from 'node:crypto'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { logRequest, run } from './runtime.mjs'

const environment = process.env
const dynamodb = new DynamoDBClient({})
const kms = new KMSClient({})
const mac = (keys) =>
  kms.send(
    new GenerateMacCommand({
      KeyId: keys.split('=')[1],
      Message: Buffer.from('postern link token v1'),
      MacAlgorithm: 'HMAC_SHA_256',
    }),
  )
const [session] = await Promise.all([
  new STSClient({}).send(
    new AssumeRoleCommand({
      RoleArn: environment.POSTERN_SIGNER_ROLE_ARN,
      RoleSessionName: 'issue-upload',
      DurationSeconds: Number(environment.POSTERN_SIGNER_SESSION_S),
    }),
  ),
  mac(environment.POSTERN_LINK_KEYS),
  mac(environment.POSTERN_UPLOAD_TOKEN_KEYS),
])
const sessionEnd = session.Credentials.Expiration.getTime()
const s3 = new S3Client({
  credentials: {
    accessKeyId: session.Credentials.AccessKeyId,
    secretAccessKey: session.Credentials.SecretAccessKey,
    sessionToken: session.Credentials.SessionToken,
  },
  endpoint: `https://s3.${environment.AWS_REGION}.amazonaws.com`,
})
const ttl = Number(environment.POSTERN_FORM_TTL_S)
const most = Number(environment.POSTERN_MAX_SIZE_BYTES)

const problem = (statusCode, code) => ({
  statusCode,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({ status: statusCode, code }),
})

async function issue(event) {
  const now = new Date()
  const { iss, sub } = event.requestContext.authorizer.jwt.claims
  const { filename, content_type: type, size_bytes: size } = JSON.parse(event.body)
  if (typeof filename !== 'string' || !/^[^/\p{Cc}]{1,255}$/u.test(filename)) return problem(422, 'validation_failed')
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type)) return problem(422, 'validation_failed')
  if (!(size >= 1 && size <= most)) return problem(422, 'validation_failed')
  const id = randomUUID()
  const seconds = Math.min(ttl, Math.floor((sessionEnd - now) / 1000))
  const end = new Date(now.getTime() + seconds * 1000).toISOString()
  await dynamodb.send(
    new PutItemCommand({
      TableName: environment.POSTERN_TABLE,
      Item: {
        pk: { S: `UPLOAD#${id}` },
        upload_id: { S: id },
        owner: { S: `${iss}#${sub}` },
        state: { S: 'pending' },
        filename: { S: filename },
        content_type: { S: type },
        min_size_bytes: { N: String(size) },
        max_size_bytes: { N: String(size) },
        uploaded_at: { S: now.toISOString() },
        policy_expires_at: { S: end },
        transition_id: { S: randomUUID() },
        unfinished: { S: id[0] },
        unfinished_since: { S: end },
        ttl: { N: String(Math.floor(now / 1000) + 35 * 86400) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  )
  const { url, fields } = await createPresignedPost(s3, {
    Bucket: environment.POSTERN_BUCKET,
    Key: `uploads/${id}`,
    Fields: {
      'content-type': type,
      success_action_status: '201',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': environment.POSTERN_FILES_KEY_ARN,
    },
    Conditions: [['content-length-range', size, size]],
    Expires: seconds,
  })
  const body = { upload_id: id, method: 'POST', url, fields, expires_at: end, max_size_bytes: size }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { statusCode: 201, headers, body: JSON.stringify(body) }
}

await run(async (event, id) => {
  const answer = await issue(event)
  logRequest(id, event, answer)
  return answer
})
