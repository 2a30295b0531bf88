package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"causeway/shared/fault"
	"causeway/shared/pipeline"
)

// fileLimit is the largest file that is picked up, in bytes: content is held in memory
// twice, and the smallest function has 256 MB.
const fileLimit = 64 << 20

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

// Fetch implements pipeline.Files on the bucket.
func (b *Backend) Fetch(ctx context.Context, key string) ([]byte, error) {
	doing := "fetching file " + key
	object, err := b.bucket().GetObject(ctx, &s3.GetObjectInput{Bucket: &b.config.Bucket, Key: &key})
	if gone, is := errors.AsType[*types.NoSuchKey](err); is {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Doing: doing, Detail: "it is not there", Err: gone}
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Err: err}
	}
	content, err := io.ReadAll(io.LimitReader(object.Body, fileLimit+1))
	if err := errors.Join(err, object.Body.Close()); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Err: err}
	}
	if len(content) > fileLimit {
		return nil, fault.New(fault.Rejected, fault.TooLarge, doing, "it is larger than a function can hold")
	}
	return content, nil
}
