package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Memory is connector.CrossRef on the State.
type Memory struct {
	State port.State
	Now   func() time.Time
}

// bindLife is how long a choice is remembered: longer than a refund can follow its order.
const bindLife = 3 * 365 * 24 * time.Hour

// Bind returns what was bound first to the entity's attribute. It fails with
// fault.Unavailable when the state is out of reach.
func (m Memory) Bind(ctx context.Context, key message.Key, attribute, value string) (string, error) {
	name := "bind." + attribute + "|" + key.String()
	for range 3 {
		item, err := m.State.Get(ctx, name)
		if err != nil {
			return "", port.Unavailable("looking up "+attribute+" of "+key.String(), err)
		}
		if item.Revision != 0 {
			return string(item.Value), nil
		}
		_, err = m.State.Put(ctx, port.Item{Key: name, Value: []byte(value), Expires: m.Now().Add(bindLife)})
		if err == nil {
			return value, nil
		}
		if !errors.Is(err, port.ErrConflict) {
			return "", port.Unavailable("binding "+attribute+" of "+key.String(), err)
		}
	}
	return "", port.Unavailable("binding "+attribute+" of "+key.String(), port.ErrConflict)
}

// gathered is a part as it is stored.
type gathered struct {
	Version message.Sequence `json:"version"`
	Value   string           `json:"value"`
}

// gatherTries is how often a part is stored while others are stored too.
const gatherTries = 10

// Gather implements connector.CrossRef with one item for all parts, which is replaced only as it was
// read. It fails with fault.Unavailable when the state is out of reach.
func (m Memory) Gather(ctx context.Context, key message.Key, attribute string, portion connector.Portion) (map[string]string, error) {
	var parts map[string]gathered
	err := port.ErrConflict
	for range gatherTries {
		if parts, err = m.gather(ctx, "bind."+attribute+"|"+key.String(), portion); !errors.Is(err, port.ErrConflict) {
			break
		}
	}
	if err != nil {
		return nil, port.Unavailable("gathering "+attribute+" of "+key.String(), err)
	}
	values := make(map[string]string, len(parts))
	for name, part := range parts {
		values[name] = part.Value
	}
	return values, nil
}

// gather reads the parts, and stores them with the portion if that is newer.
func (m Memory) gather(ctx context.Context, name string, portion connector.Portion) (map[string]gathered, error) {
	item, err := m.State.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	parts := map[string]gathered{}
	if len(item.Value) > 0 {
		if err := json.Unmarshal(item.Value, &parts); err != nil {
			return nil, err
		}
	}
	if found, known := parts[portion.Name]; known && found.Version >= portion.Version {
		return parts, nil
	}
	parts[portion.Name] = gathered{portion.Version, portion.Value}
	value, err := json.Marshal(parts)
	if err != nil {
		return nil, err
	}
	_, err = m.State.Put(ctx, port.Item{Key: name, Value: value, Revision: item.Revision})
	return parts, err
}
