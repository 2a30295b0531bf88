package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"time"

	"causeway/shared/fault"
	"causeway/shared/port"
	"causeway/shared/routes"
)

// letterOf reports whether this is the dead letter of that time itself, moved back as it lay.
func letterOf(in Incoming, buried time.Time) bool {
	var cause Cause
	err := json.Unmarshal([]byte(in.Attributes[AttrCause]), &cause) // absent on what is no letter
	return err == nil && !buried.IsZero() && cause.At.Equal(buried)
}

// bury writes the message, as it came, to its queue's dead-letter queue with the
// reason. Deleting it from the queue comes after, and is the caller's.
func (c *Config) bury(ctx context.Context, in Incoming, f *fault.Error, e Entry) error {
	attributes, err := deadAttributes(in, f, e)
	if err != nil {
		return err
	}
	err = c.Queue.Send(ctx, routes.Dead(in.Queue), []Outgoing{{Body: in.Body, Attributes: attributes}})
	if err != nil {
		return port.Unavailable("writing the dead letter of "+e.Event, err)
	}
	return nil
}

// deadAttributes returns what stands on a dead letter, and nothing that came with the
// message but what its earlier redrives have to be told by.
func deadAttributes(in Incoming, f *fault.Error, e Entry) (map[string]string, error) {
	cause, err := json.Marshal(Cause{
		Stage: e.Stage, Kind: e.Error.Kind, Class: e.Error.Class, Code: e.Error.Code, Field: e.Error.Field,
		Status: e.Error.Status, Attempts: e.Attempt, At: e.At, Alike: in.Alike(e.Error.Fingerprint) - 1,
	})
	if err != nil {
		return nil, err
	}
	attributes := map[string]string{
		AttrTrace: e.Trace, AttrEvent: e.Event, AttrRoute: e.Route, AttrReason: port.Reason(f), AttrCause: string(cause),
		AttrFingerprint: e.Error.Fingerprint, AttrRedrives: in.Attributes[AttrRedrives],
		AttrFirstSeen: cmp.Or(in.Attributes[AttrFirstSeen], in.SentAt.UTC().Format(time.RFC3339)),
	}
	if e.Entity.ID != "" {
		attributes[AttrEntity], attributes[AttrVersion] = e.Entity.String(), string(e.Version)
	}
	maps.DeleteFunc(attributes, func(_, value string) bool { return value == "" })
	return attributes, nil
}
