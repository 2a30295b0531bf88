package shipped

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// What is remembered of a shipment: the times of the states that were published as shipped, a part for each, and
// the last of these states with the key of its order.
const (
	attributeTimes = "netsuite shipped at"
	attributeState = "netsuite shipped"
)

// The parts of attributeState: the state, and that of a look, which remembers nothing.
const (
	last   = "last"
	looked = "looked"
)

// remember remembers that the state was published as shipped, and reports whether an older one was.
func (s *Source) remember(ctx context.Context, key, order message.Key, body *canonical.Shipment, changed time.Time) (again bool, err error) {
	version := message.NewSequence(changed, true, time.Time{})
	text, err := json.Marshal(body)
	if err != nil {
		return false, fault.New(fault.Unknown, fault.Bug, "remembering "+key.String(), err.Error())
	}
	state := connector.Portion{Name: last, Version: version, Value: order.String() + "\n" + string(text)}
	if _, err := s.Memory.Gather(ctx, key, attributeState, state); err != nil {
		return false, err
	}
	at := changed.UTC().Format(suitetalk.TimeLayout)
	times, err := s.Memory.Gather(ctx, key, attributeTimes, connector.Portion{Name: at, Version: version})
	for name := range times {
		again = again || name < at
	}
	return again, err
}

// recall returns the last state that was published as shipped, and its order; nil if none was.
func (s *Source) recall(ctx context.Context, key message.Key) (body *canonical.Shipment, order message.Key, err error) {
	parts, err := s.Memory.Gather(ctx, key, attributeState, connector.Portion{Name: looked})
	if err != nil || parts[last] == "" {
		return nil, order, err
	}
	of, text, _ := strings.Cut(parts[last], "\n")
	if order, err = message.ParseKey(of); err == nil {
		err = json.Unmarshal([]byte(text), &body)
	}
	if err != nil {
		return nil, order, fault.New(fault.Unknown, fault.Bug, "recalling "+key.String(), "what is remembered is no shipment")
	}
	return body, order, nil
}
