#!/usr/bin/env bash
# Ends every URL that is out, and every session that could sign another: see revocation.md.
# Needs the AWS CLI with rights on the signer role and on serve-link.
set -euo pipefail

name="${1:?write the name of the stack, such as postern}"
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"

aws iam put-role-policy --role-name "$name-download-signer" --policy-name EmergencyStop --policy-document "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{
    \"Sid\": \"NothingFromBeforeTheEmergency\", \"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\",
    \"Condition\": {\"DateLessThan\": {\"aws:TokenIssueTime\": \"$now\"}}
  }]
}"
# A change of configuration ends the warm environments, and their sessions with them.
aws lambda update-function-configuration --function-name "$name-serve-link" --description "Started anew at $now" > /dev/null
echo "Sessions from before $now are denied, and serve-link starts anew. It takes minutes to be in force everywhere."
