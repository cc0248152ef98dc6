// What the functions do, in Go with the AWS SDK: the same AWS calls, signatures and checks of the way measured.
// `_HANDLER` chooses the function.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

var (
	ctx   = context.Background()
	table = aws.String(os.Getenv("POSTERN_TABLE"))
	db    *dynamodb.Client
	files *s3.Client
	// The signer role's session.
	signer *sts.AssumeRoleOutput
	secret []byte
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}
func of(from item, name string) string {
	if text, ok := from[name].(*types.AttributeValueMemberS); ok {
		return text.Value
	}
	return from[name].(*types.AttributeValueMemberN).Value
}

func mac(client *kms.Client, keys string) []byte {
	_, key, _ := strings.Cut(os.Getenv(keys), "=")
	input := &kms.GenerateMacInput{
		KeyId: &key, Message: []byte("postern link token v1"), MacAlgorithm: kmstypes.MacAlgorithmSpecHmacSha256,
	}
	return must(client.GenerateMac(ctx, input)).Mac
}

func start(handler string) {
	sdk := must(config.LoadDefaultConfig(ctx))
	db = dynamodb.NewFromConfig(sdk, func(o *dynamodb.Options) {
		// The stand-in sends no CRC32.
		o.DisableValidateResponseChecksum = true
	})
	if handler != "record-upload" {
		length := int32(must(strconv.Atoi(os.Getenv("POSTERN_SIGNER_SESSION_S"))))
		signer = must(sts.NewFromConfig(sdk).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String(os.Getenv("POSTERN_SIGNER_ROLE_ARN")), RoleSessionName: &handler, DurationSeconds: &length,
		}))
		keys := kms.NewFromConfig(sdk)
		secret = mac(keys, "POSTERN_LINK_KEYS")
		if handler == "issue-upload" {
			mac(keys, "POSTERN_UPLOAD_TOKEN_KEYS")
		}
		c := signer.Credentials
		sdk.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	}
	files = s3.NewFromConfig(sdk, func(o *s3.Options) {
		o.UsePathStyle = true
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

func log(fields map[string]any) {
	fields["timestamp"], fields["level"] = time.Now().UTC().Format(time.RFC3339Nano), "INFO"
	os.Stdout.Write(append(must(json.Marshal(fields)), '\n'))
}

type handler = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

func logged(handle func(events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse) handler {
	return func(_ context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		answer := handle(event)
		log(map[string]any{
			"message": "request", "request_id": event.RequestContext.RequestID, "route": event.RouteKey,
			"status": answer.StatusCode,
		})
		return answer, nil
	}
}

func problem(status int, code string) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status, Body: fmt.Sprintf(`{"status":%d,"code":"%s"}`, status, code),
		Headers: map[string]string{"content-type": "application/problem+json", "cache-control": "no-store"},
	}
}

func open(event events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	token, err := base64.RawURLEncoding.DecodeString(event.PathParameters["token"])
	if err != nil || len(token) != 24 {
		return problem(404, "link_unknown")
	}
	tag := hmac.New(sha256.New, secret)
	tag.Write(token[:17])
	if !hmac.Equal(tag.Sum(nil)[:7], token[17:]) {
		return problem(404, "link_unknown")
	}
	id := sha256.Sum256(token[1:17])
	pk := item{"pk": text("LINK#" + base64.RawURLEncoding.EncodeToString(id[:]))}
	read := must(db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: pk, ConsistentRead: aws.Bool(true)}))
	link := read.Item
	if link == nil {
		return problem(404, "link_unknown")
	}
	if _, revoked := link["revoked"]; revoked {
		return problem(410, "link_revoked")
	}
	signed := must(s3.NewPresignClient(files).PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(os.Getenv("POSTERN_BUCKET")), Key: aws.String("uploads/" + of(link, "upload_id")),
		VersionId: aws.String(of(link, "version_id")), ResponseContentType: aws.String(of(link, "sniffed_type")),
		ResponseContentDisposition: aws.String(fmt.Sprintf(`inline; filename="%s"`, of(link, "filename"))),
		ResponseCacheControl:       aws.String("private, no-store"),
	}, s3.WithPresignExpires(time.Minute)))
	return events.APIGatewayV2HTTPResponse{StatusCode: 302, Headers: map[string]string{
		"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex", "location": signed.URL,
	}}
}

type file struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	SizeBytes   int64  `json:"size_bytes"`
}

func issue(event events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	var asked file
	if json.Unmarshal([]byte(event.Body), &asked) != nil || asked.Filename == "" || asked.SizeBytes < 1 {
		return problem(422, "validation_failed")
	}
	now := time.Now().UTC()
	end := now.Add(15 * time.Minute).Format(time.RFC3339)
	raw := make([]byte, 16)
	must(rand.Read(raw))
	id := fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
	claims := event.RequestContext.Authorizer.JWT.Claims
	must(db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: table, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		Item: item{
			"pk": text("UPLOAD#" + id), "upload_id": text(id), "owner": text(claims["iss"] + "#" + claims["sub"]),
			"state": text("pending"), "filename": text(asked.Filename), "content_type": text(asked.ContentType),
			"min_size_bytes": number(asked.SizeBytes), "max_size_bytes": number(asked.SizeBytes),
			"uploaded_at": text(now.Format(time.RFC3339)), "policy_expires_at": text(end), "transition_id": text(id),
			"unfinished": text(id[:1]), "unfinished_since": text(end), "ttl": number(now.Unix() + 35*86400),
		},
	}))
	form := must(s3.NewPresignClient(files).PresignPostObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(os.Getenv("POSTERN_BUCKET")), Key: aws.String("uploads/" + id),
	}, func(o *s3.PresignPostOptions) {
		o.Expires = 15 * time.Minute
		o.Conditions = []any{
			map[string]string{"content-type": asked.ContentType}, map[string]string{"success_action_status": "201"},
			map[string]string{"x-amz-server-side-encryption": "aws:kms"},
			map[string]string{"x-amz-server-side-encryption-aws-kms-key-id": os.Getenv("POSTERN_FILES_KEY_ARN")},
			[]any{"content-length-range", asked.SizeBytes, asked.SizeBytes},
		}
	}))
	form.Values["content-type"], form.Values["success_action_status"] = asked.ContentType, "201"
	form.Values["x-amz-server-side-encryption"] = "aws:kms"
	form.Values["x-amz-server-side-encryption-aws-kms-key-id"] = os.Getenv("POSTERN_FILES_KEY_ARN")
	body := must(json.Marshal(map[string]any{
		"upload_id": id, "method": "POST", "url": form.URL, "fields": form.Values, "expires_at": end,
		"max_size_bytes": asked.SizeBytes,
	}))
	headers := map[string]string{"content-type": "application/json", "cache-control": "no-store"}
	return events.APIGatewayV2HTTPResponse{StatusCode: 201, Headers: headers, Body: string(body)}
}

var foreign = regexp.MustCompile(`(?i)<(script|!doctype html|html|iframe|\?php|%@ page)[\s>/=]`)

func record(requestID string, arrived events.S3Entity) {
	id := strings.TrimPrefix(arrived.Object.Key, "uploads/")
	pk := item{"pk": text("UPLOAD#" + id)}
	var upload *dynamodb.GetItemOutput
	var beside sync.WaitGroup
	beside.Go(func() {
		upload = must(db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: pk, ConsistentRead: aws.Bool(true)}))
	})
	object := must(files.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(os.Getenv("POSTERN_BUCKET")), Key: &arrived.Object.Key,
		VersionId: &arrived.Object.VersionID, Range: aws.String("bytes=0-65535"),
	}))
	head := must(io.ReadAll(object.Body))
	object.Body.Close()
	beside.Wait()
	_, size, _ := strings.Cut(*object.ContentRange, "/")
	state := "available"
	size64, most := must(strconv.ParseInt(size, 10, 64)), must(strconv.ParseInt(of(upload.Item, "max_size_bytes"), 10, 64))
	if *object.SSEKMSKeyId != os.Getenv("POSTERN_FILES_KEY_ARN") || *object.ContentType != of(upload.Item, "content_type") ||
		size64 > most || !bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || foreign.Match(head) {
		state = "rejected"
	}
	must(db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: table, Key: pk,
		UpdateExpression:         aws.String("SET #state = :state, transition_id = :transition, recorded = :recorded REMOVE #ttl"),
		ConditionExpression:      aws.String("#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version) AND (attribute_not_exists(condemned) OR size(condemned) < :most)"),
		ExpressionAttributeNames: map[string]string{"#state": "state", "#ttl": "ttl"},
		ExpressionAttributeValues: item{
			":state": text(state), ":transition": upload.Item["transition_id"], ":pending": text("pending"),
			":rejected": text("rejected"), ":expired": text("expired"), ":version": text(arrived.Object.VersionID),
			":most": number(20),
			":recorded": &types.AttributeValueMemberM{Value: item{
				"version_id": text(arrived.Object.VersionID), "size_bytes": number(size64), "etag": text(*object.ETag),
				"sniffed_type": text(*object.ContentType), "recorded_at": text(time.Now().UTC().Format(time.RFC3339)),
			}},
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}))
	log(map[string]any{"message": "version recorded", "request_id": requestID, "upload_id": id, "verdict": state})
}

func recordAll(_ context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	for _, message := range batch.Records {
		var body events.S3Event
		if err := json.Unmarshal([]byte(message.Body), &body); err != nil {
			return events.SQSEventResponse{}, err
		}
		for _, arrived := range body.Records {
			record(message.MessageId, arrived.S3)
		}
	}
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}, nil
}

func main() {
	name := os.Getenv("_HANDLER")
	start(name)
	switch name {
	case "issue-upload":
		lambda.Start(logged(issue))
	case "record-upload":
		lambda.Start(recordAll)
	default:
		lambda.Start(logged(open))
	}
}
