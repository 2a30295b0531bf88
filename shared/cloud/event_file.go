package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// pickup takes a file that S3 tells of, by an EventBridge event "Object Created". What
// goes wrong fails the invocation, which Lambda tries again and then keeps.
func (f *function) pickup(ctx context.Context, payload []byte) (any, error) {
	var event events.EventBridgeEvent
	var created struct {
		Bucket struct{ Name string }
		Object struct{ Key string }
	}
	if err := errors.Join(json.Unmarshal(payload, &event), json.Unmarshal(event.Detail, &created)); err != nil {
		return nil, unreadableEvent(err)
	}
	key, folder := created.Object.Key, pipeline.DropFolder(f.system.Profile.Name)
	switch {
	case event.Source != "aws.s3" || event.DetailType != "Object Created":
		return nil, fault.New(fault.Invalid, fault.Schema, "reading an event", "it tells of no object that was created")
	case created.Bucket.Name != f.Bucket || !strings.HasPrefix(key, folder):
		return nil, fault.New(fault.Invalid, fault.Config, "picking up "+key+" of "+created.Bucket.Name, "files are taken from "+folder+" of "+f.Bucket+" only")
	case strings.HasSuffix(key, "/"):
		return nil, nil // a folder, as the console of S3 makes it
	}
	stage := &pipeline.Pickup{Receiver: &pipeline.Receiver{Config: f.config, System: f.system}, Files: f.files}
	return nil, f.step(ctx, "pick up", "datasource", func(ctx context.Context) error { return stage.Take(ctx, key) })
}
