curl -fsS "$API/uploads" -H "authorization: Bearer $JWT" -H 'content-type: application/json' \
  -d "{\"filename\":\"$(basename "$F")\",\"content_type\":\"application/octet-stream\",\"size_bytes\":$(($(wc -c <"$F")))}" >upload.json
python3 -c 'import json, sys
u = json.load(sys.stdin)
print("url =", json.dumps(u["url"]))
for field in u["fields"].items(): print("form-string =", json.dumps("=".join(field), ensure_ascii=False))' <upload.json |
  curl -fsS -K - -F "file=@\"$F\""
UPLOAD_ID=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["upload_id"])' <upload.json)
while curl -fsS "$API/uploads/$UPLOAD_ID" -H "authorization: Bearer $JWT" | grep '"state":"pending"'; do sleep 1; done
curl -fsS "$API/uploads/$UPLOAD_ID" -H "authorization: Bearer $JWT"
curl -fsS "$API/uploads/$UPLOAD_ID/links" -H "authorization: Bearer $JWT" -d '{}' >link.json
LINK=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' <link.json)
LINK_ID=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["link_id"])' <link.json)
curl -LOJ --create-dirs --output-dir saved "$LINK"
