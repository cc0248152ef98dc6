#!/usr/bin/env bash
# Ends every signed URL, and every session that could sign another one: see revocation.md.
# Needs the AWS CLI with permissions on the signer role, on serve-link and, with CloudFront, on its keys.
set -euo pipefail

name="${1:?write the name of the stack, such as postern}"
function="$name-serve-link"
configured() { aws lambda get-function-configuration --function-name "$function" --output "$1" --query "$2"; }
signer="$(configured text Environment.Variables.POSTERN_SIGNER_ROLE_ARN)"
role="${signer##*/}"
# Older stacks have names without the region.
region="$(configured text FunctionArn | cut -d: -f4)" group="$name-$region-files" old_group="$name-files"
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"

# 1. The sessions. URLs that they have signed are refused too, and they can sign nothing more.
aws iam put-role-policy --role-name "$role" --policy-name EmergencyStop --policy-document "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{
    \"Sid\": \"NothingFromBeforeTheEmergency\", \"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\",
    \"Condition\": {\"DateLessThan\": {\"aws:TokenIssueTime\": \"$now\"}}
  }]
}"
echo "Sessions from before $now are denied."

# 2. CloudFront's keys. A key group needs a key, so it gets one whose private half is thrown away.
id="$(aws cloudfront list-key-groups --output text \
  --query "KeyGroupList.Items[].KeyGroup | [?KeyGroupConfig.Name=='$group' || KeyGroupConfig.Name=='$old_group'] | [0].[Id, KeyGroupConfig.Name]")"
read -r id group <<< "$id"
if [[ -n "$id" && "$id" != None ]]; then
  public="$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2> /dev/null | openssl pkey -pubout)"
  key="$(aws cloudfront create-public-key --query PublicKey.Id --output text --public-key-config "$(
    printf '{"CallerReference": "%s", "Name": "%s", "EncodedKey": "%s\\n"}' \
      "$now" "$name-emergency-${now//[^0-9]/}" "${public//$'\n'/\\n}"
  )")"
  etag="$(aws cloudfront get-key-group --id "$id" --query ETag --output text)"
  aws cloudfront update-key-group --id "$id" --if-match "$etag" \
    --key-group-config "{\"Name\": \"$group\", \"Items\": [\"$key\"]}" > /dev/null
  echo "No key of yours opens the distribution any more."
fi

# 3. The function. A change of its configuration ends the warm environments and their sessions. Without a
# domain its links lead straight to the bucket.
variables="$(configured json "{Variables: merge(Environment.Variables, {POSTERN_CLOUDFRONT_DOMAIN: ''})}")"
aws lambda update-function-configuration --function-name "$function" \
  --description "Started anew at $now" --environment "$variables" > /dev/null
# With provisioned concurrency the API calls the alias "live", whose version keeps its own configuration.
if aws lambda get-alias --function-name "$function" --name live > /dev/null 2>&1; then
  aws lambda wait function-updated-v2 --function-name "$function"
  version="$(aws lambda publish-version --function-name "$function" --output text --query Version)"
  aws lambda update-alias --function-name "$function" --name live --function-version "$version" > /dev/null
fi
echo "$function starts anew. All of it takes minutes to be in force everywhere."
