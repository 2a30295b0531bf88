package events

import (
	"embed"
	"fmt"
)

//go:embed schemas samples triggers
var files embed.FS

// Schema returns the JSON Schema of the event type, such as "order.placed", or of
// the envelope alone for "envelope". The error wraps fs.ErrNotExist or fs.ErrInvalid
// if there is none.
func Schema(eventType string) ([]byte, error) {
	return read("schema", "schemas/"+eventType+".v1.json")
}

// Sample returns a sample of the event type: the detail of an EventBridge event, in
// JSON. The error wraps fs.ErrNotExist or fs.ErrInvalid if there is none.
func Sample(eventType string) ([]byte, error) {
	return read("sample", "samples/"+eventType+".v1.json")
}

// Trigger returns a sample of the event that starts a Lambda function, in JSON: "sqs-batch",
// "eventbridge-partner", "http-webhook", "schedule" or "s3-object". The error wraps
// fs.ErrNotExist or fs.ErrInvalid if there is none.
func Trigger(name string) ([]byte, error) {
	return read("trigger", "triggers/"+name+".json")
}

func read(what, path string) ([]byte, error) {
	data, err := files.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return data, nil
}
