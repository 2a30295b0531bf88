package pipeline

import (
	"context"
	"errors"
	"time"

	"causeway/shared/message"
	"causeway/shared/port"
)

// Memory is connector.CrossRef on the State.
type Memory struct {
	State State
	Now   func() time.Time
}

// Bind returns what was bound first to the entity's attribute. It fails with
// fault.Unavailable when the state is out of reach.
func (m Memory) Bind(ctx context.Context, key message.Key, attribute, value string) (string, error) {
	name := recordKey("bind."+attribute, key)
	for range 3 {
		item, err := m.State.Get(ctx, name)
		if err != nil {
			return "", port.Unavailable("looking up "+attribute+" of "+key.String(), err)
		}
		if item.Revision != 0 {
			return string(item.Value), nil
		}
		_, err = m.State.Put(ctx, Item{Key: name, Value: []byte(value), Expires: m.Now().Add(bindLife)})
		if err == nil {
			return value, nil
		}
		if !errors.Is(err, ErrConflict) {
			return "", port.Unavailable("binding "+attribute+" of "+key.String(), err)
		}
	}
	return "", port.Unavailable("binding "+attribute+" of "+key.String(), ErrConflict)
}

// bindLife is how long a choice is remembered: longer than a refund can follow its order.
const bindLife = 3 * 365 * 24 * time.Hour
