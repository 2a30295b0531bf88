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

// The attributes of a shipment that are remembered: the times of the states that were published as shipped, a part
// for each, and the last of these states with the key of its order.
const (
	attributeTimes = "netsuite shipped at"
	attributeState = "netsuite shipped"
)

// The parts of attributeState: the state, and the version of the newest one that is no shipment.
const (
	last   = "last"
	looked = "looked"
)

// versionOf is the version of a state that was changed at the time.
func versionOf(changed time.Time) message.Sequence {
	return message.NewSequence(changed, true, time.Time{})
}

// others are the other states that were read of an item fulfillment.
type others struct {
	again bool // an older state was published as shipped
	ended bool // a newer one is no shipment
}

// remember remembers that the state was published as shipped, and returns what else was read.
func (s *Source) remember(ctx context.Context, key, order message.Key, body *canonical.Shipment, changed time.Time) (was others, err error) {
	version, at := versionOf(changed), changed.UTC().Format(suitetalk.TimeLayout)
	text, err := json.Marshal(body)
	if err != nil {
		return was, fault.New(fault.Unknown, fault.Bug, "remembering "+key.String(), err.Error())
	}
	state := connector.Portion{Name: last, Version: version, Value: order.String() + "\n" + string(text)}
	parts, err := s.Memory.Gather(ctx, key, attributeState, state)
	if was.ended = parts[looked] > string(version); err != nil || was.ended {
		return was, err
	}
	times, err := s.Memory.Gather(ctx, key, attributeTimes, connector.Portion{Name: at, Version: version})
	for name := range times {
		was.again = was.again || name < at
	}
	return was, err
}

// recall returns the last state that was published as shipped, and its order; nil if none was. It remembers the time
// of the state that is none: one that is older, and translated late, is not published after it.
func (s *Source) recall(ctx context.Context, key message.Key, at time.Time) (body *canonical.Shipment, order message.Key, err error) {
	version := versionOf(at)
	parts, err := s.Memory.Gather(ctx, key, attributeState, connector.Portion{Name: looked, Version: version, Value: string(version)})
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
