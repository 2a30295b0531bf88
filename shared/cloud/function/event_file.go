package function

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
)

// pickup takes a file that S3 tells of, by an EventBridge event "Object Created". What
// goes wrong fails the invocation, which Lambda tries again and then keeps.
func (f *function) pickup(ctx context.Context, payload []byte) (any, error) {
	var event events.EventBridgeEvent
	var created struct {
		Bucket struct{ Name string }
		Object struct {
			Key     string
			Version string `json:"version-id"`
		}
	}
	if err := errors.Join(json.Unmarshal(payload, &event), json.Unmarshal(event.Detail, &created)); err != nil {
		return nil, unreadableEvent(err)
	}
	key, folder := created.Object.Key, intake.DropFolder(f.system.Profile.Name)
	switch {
	case event.Source != "aws.s3" || event.DetailType != "Object Created":
		return nil, fault.New(fault.Invalid, fault.Schema, "reading an event", "it tells of no object that was created")
	case created.Bucket.Name != f.Bucket || !strings.HasPrefix(key, folder):
		return nil, fault.New(fault.Invalid, fault.Config, "picking up "+key+" of "+created.Bucket.Name, "files are taken from "+folder+" of "+f.Bucket+" only")
	case strings.HasSuffix(key, "/"):
		return nil, nil // a folder, as the console of S3 makes it
	}
	receiver, err := intake.New(f.pipeline.Runtime, f.system)
	if err != nil {
		return nil, err
	}
	stage := &intake.Pickup{Receiver: receiver, Files: f.files}
	return nil, f.step(ctx, "pick up", "datasource", func(ctx context.Context) error { return stage.Take(ctx, key, created.Object.Version) })
}
