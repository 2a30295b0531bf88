package pipeline

import (
	"context"
	"errors"
	"time"

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
