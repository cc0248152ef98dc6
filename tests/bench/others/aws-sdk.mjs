// The same form and URL by the AWS SDK for JavaScript: prints nanoseconds for each.
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const work = JSON.parse(process.argv[2])
const s3 = new S3Client({
  region: work.region,
  credentials: { accessKeyId: work.access_key_id, secretAccessKey: work.secret_access_key, sessionToken: work.session_token },
})
const fields = {
  'content-type': 'image/png',
  success_action_status: '201',
  'x-amz-server-side-encryption': 'aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id': work.kms_key,
}
const conditions = [['content-length-range', 1, 1048576]]
const form = () => createPresignedPost(s3, { Bucket: work.bucket, Key: work.key, Fields: fields, Conditions: conditions, Expires: 900 })
const url = () =>
  getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket: work.bucket,
      Key: work.key,
      VersionId: '3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY',
      ResponseContentType: 'image/png',
      ResponseContentDisposition: 'inline; filename="photo.png"',
    }),
    { expiresIn: 60 },
  )

async function nanoseconds(task, rounds = 3000) {
  for (let n = 0; n < rounds; n += 1) await task()
  const begin = process.hrtime.bigint()
  for (let n = 0; n < rounds; n += 1) await task()
  return Number(process.hrtime.bigint() - begin) / rounds
}

console.log(JSON.stringify({ form: await nanoseconds(form), url: await nanoseconds(url) }))
