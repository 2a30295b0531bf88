package main

import (
	"crypto/md5" //nolint:gosec // SQS answers with the MD5 of what it took
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// yes is a cloud that takes everything and holds nothing but one secret: enough for a
// function to go through its motions, at the least cost beside it.
type yes struct{ secret map[string]string }

// ServeHTTP implements what the ports call.
func (y yes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	service, operation, found := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !found { // S3
		w.Header().Set("Etag", `"0"`)
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
		}
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if strings.HasPrefix(service, "DynamoDB") || service == "AmazonSQS" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	}
	_ = json.NewEncoder(w).Encode(y.answer(operation, body)) // a process that is gone is seen by its caller
}

func (y yes) answer(operation string, body []byte) any {
	var asked struct {
		Entries []struct {
			ID          string `json:"Id"`
			MessageBody string
		}
		MessageBody string
	}
	_ = json.Unmarshal(body, &asked) // other operations have other members
	type object = map[string]any
	var done []object
	for _, e := range asked.Entries {
		done = append(done, object{"Id": e.ID, "MessageId": "1", "EventId": "1", "MD5OfMessageBody": sum(e.MessageBody)})
	}
	switch operation {
	case "SendMessageBatch":
		return object{"Successful": done, "Failed": []object{}}
	case "SendMessage":
		return object{"MessageId": "1", "MD5OfMessageBody": sum(asked.MessageBody)}
	case "PutEvents":
		return object{"FailedEntryCount": 0, "Entries": done}
	case "DescribeSecret":
		return object{"Name": "secret", "VersionIdsToStages": object{"v1": []string{"AWSCURRENT"}}}
	case "GetSecretValue":
		text, err := json.Marshal(y.secret)
		if err != nil {
			panic(err) // texts always marshal
		}
		return object{"Name": "secret", "VersionId": "v1", "VersionStages": []string{"AWSCURRENT"}, "SecretString": string(text)}
	}
	return object{}
}

func sum(text string) string {
	digest := md5.Sum([]byte(text)) //nolint:gosec // as above
	return hex.EncodeToString(digest[:])
}
