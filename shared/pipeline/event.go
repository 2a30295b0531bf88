package pipeline

import (
	"encoding/json"

	"causeway/shared/message"
)

// eventJSON returns the event as filters see it: with its body inline even if it
// travels as a claim check.
func eventJSON(m *message.Message, body json.RawMessage) ([]byte, error) {
	whole := *m
	whole.Body, whole.Claim = body, nil
	return whole.Event()
}
