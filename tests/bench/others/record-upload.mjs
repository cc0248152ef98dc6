// What record-upload does for an image that keeps the rules, in Node with the AWS SDK for JavaScript: the record
// and the first 64 KiB side by side, type, size, encryption and foreign content, one conditional update, a line
// of the log for each file.
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { log, run } from './runtime.mjs'

const environment = process.env
const TableName = environment.POSTERN_TABLE
const dynamodb = new DynamoDBClient({})
const s3 = new S3Client({ forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' })
const foreign = /<(script|!doctype html|html|iframe|\?php|%@ page)[\s>/=]/i

const read = (pk) => dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } }, ConsistentRead: true }))

async function look(Key, VersionId) {
  const range = new GetObjectCommand({ Bucket: environment.POSTERN_BUCKET, Key, VersionId, Range: 'bytes=0-65535' })
  const object = await s3.send(range)
  return { object, head: Buffer.from(await object.Body.transformToByteArray()) }
}

function broken(item, object, head) {
  const size = Number(object.ContentRange.split('/')[1])
  if (object.SSEKMSKeyId !== environment.POSTERN_FILES_KEY_ARN) return 'encryption_mismatch'
  if (size < Number(item.min_size_bytes.N) || size > Number(item.max_size_bytes.N)) return 'size_out_of_range'
  if (object.ContentType !== item.content_type.S) return 'content_type_changed'
  if (head.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return 'content_type_mismatch'
  return foreign.test(head.toString('latin1')) ? 'foreign_content' : undefined
}

async function record(request_id, arrived) {
  const key = decodeURIComponent(arrived.object.key.replaceAll('+', ' '))
  const upload_id = key.slice('uploads/'.length)
  const pk = `UPLOAD#${upload_id}`
  const [{ Item: item }, { object, head }] = await Promise.all([read(pk), look(key, arrived.object.versionId)])
  const reason = broken(item, object, head)
  const now = new Date().toISOString()
  const recorded = {
    version_id: { S: arrived.object.versionId },
    size_bytes: { N: object.ContentRange.split('/')[1] },
    etag: { S: object.ETag },
    sniffed_type: { S: object.ContentType },
    recorded_at: { S: now },
  }
  await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: { S: pk } },
      UpdateExpression: 'SET #state = :state, transition_id = :transition, recorded = :recorded REMOVE #ttl',
      ConditionExpression:
        '#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version) AND (attribute_not_exists(condemned) OR size(condemned) < :most)',
      ExpressionAttributeNames: { '#state': 'state', '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':state': { S: reason === undefined ? 'available' : 'rejected' },
        ':transition': item.transition_id,
        ':recorded': { M: recorded },
        ':pending': { S: 'pending' },
        ':rejected': { S: 'rejected' },
        ':expired': { S: 'expired' },
        ':version': { S: arrived.object.versionId },
        ':most': { N: '20' },
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  )
  log({ message: 'version recorded', request_id, upload_id, verdict: reason === undefined ? 'pinned' : 'rejected', reason })
}

await run(async (event) => {
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        for (const { s3: arrived } of JSON.parse(body).Records) await record(messageId, arrived)
      } catch (error) {
        log({ message: 'failed', request_id: messageId, cause: String(error) })
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((item) => item !== undefined) }
})
