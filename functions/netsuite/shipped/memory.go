package shipped

import (
	"context"
	"strings"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// attribute is under which the states of a shipment are remembered that were published as shipped: one part for
// each, by its time, with the day on which it was shipped and the key of its order.
const attribute = "netsuite shipped"

// looked is the part of a look that remembers nothing.
const looked = "looked"

// remember remembers that the state was published as shipped, and reports whether an older one was.
func (s *Source) remember(ctx context.Context, key, order message.Key, state *row) (again bool, err error) {
	at := state.changed.UTC().Format(suitetalk.TimeLayout)
	parts, err := s.Memory.Gather(ctx, key, attribute, connector.Portion{
		Name: at, Version: message.NewSequence(state.changed, true, time.Time{}), Value: state.day + " " + order.String(),
	})
	for name := range parts {
		again = again || name < at
	}
	return again, err
}

// recall returns the day and the order of the last state that was published as shipped; published is false
// if none was.
func (s *Source) recall(ctx context.Context, key message.Key) (day time.Time, order message.Key, published bool, err error) {
	parts, err := s.Memory.Gather(ctx, key, attribute, connector.Portion{Name: looked})
	if err != nil {
		return day, order, false, err
	}
	last := ""
	for name := range parts {
		if name != looked && name > last {
			last = name
		}
	}
	if last == "" {
		return day, order, false, nil
	}
	text, of, _ := strings.Cut(parts[last], " ")
	day = dayIn(text, s.Timezone)
	if order, err = message.ParseKey(of); err != nil || day.IsZero() {
		return day, order, false, fault.New(fault.Unknown, fault.Bug, "recalling "+key.String(), "what is remembered is no shipment")
	}
	return day, order, true, nil
}
