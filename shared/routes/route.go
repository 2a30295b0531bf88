package routes

import (
	"encoding/json"
	"slices"

	"causeway.example/shared/message"
)

// Route is one flow: the events of one system that one other system is to receive.
// It has a queue of its own, so that a failing target or flow delays no other.
type Route struct {
	From    string   // system in which the facts happen, such as "shopify"
	Flow    string   // name of the flow, in the plural: "orders"
	To      string   // system that is written to, such as "netsuite"
	Types   []string // event types that belong to the flow
	Filters []Filter // messages to skip, with the reason
}

// Filter skips messages visibly: a message that matches ends as skipped with the reason. Unlike
// the route's pattern it matches the event with its body, which is a claim check on the bus if
// it is large.
type Filter struct {
	Name    string // setting by which an installation switches it on or off, such as "test"
	Reason  string // in words an operator reads: "test order"
	Default bool   // on unless the installation says otherwise
	// Final is false if the entity may pass later, as a draft may be placed. Entities that
	// depend on it then wait, instead of being skipped with it.
	Final   bool
	Pattern *Pattern
}

// Name returns the route's name, which is also the name of its queue and of its
// rule: "shopify-orders-to-netsuite".
func (r Route) Name() string { return r.From + "-" + r.Flow + "-to-" + r.To }

// Queue returns the name of the route's queue.
func (r Route) Queue() string { return r.Name() }

// Pattern returns the event pattern of the route's rule: the source, the types, and
// except changes that began in the target itself.
func (r Route) Pattern() *Pattern {
	pattern, err := json.Marshal(map[string]any{
		"source":      []string{message.SourcePrefix + r.From},
		"detail-type": r.Types,
		"detail":      map[string]any{"origin": []any{map[string]any{"anything-but": []string{r.To}}}},
	})
	if err != nil {
		panic(err) // strings and maps of strings always marshal
	}
	return MustPattern(string(pattern))
}

// Inbox returns the name of the queue of a system's raw messages that just happened.
func Inbox(system string) string { return system + "-inbox" }

// InboxBackfill returns the name of the queue of a system's raw messages of lane backfill,
// such as what polls find. It has few workers of its own, so that thousands of messages
// found in bulk do not delay a webhook.
func InboxBackfill(system string) string { return system + "-inbox-backfill" }

// Dead returns the name of a queue's dead-letter queue.
func Dead(queue string) string { return queue + "-dead" }

// To returns the routes that end in the system.
func To(table []Route, system string) []Route {
	return slices.DeleteFunc(slices.Clone(table), func(r Route) bool { return r.To != system })
}

// Sources returns the names of the systems that routes begin in, sorted: those that
// have an inbox.
func Sources(table []Route) []string {
	names := make([]string, 0, len(table))
	for _, route := range table {
		names = append(names, route.From)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
