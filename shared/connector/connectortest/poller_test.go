package connectortest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

var pollStart = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// listed is a system with a list in pages of three, and one flaw at most.
type listed struct {
	flaw    string
	changed map[int64]time.Time
	topics  map[string]connector.SubscriptionState
	fetched int
}

func (l *listed) Feeds() []connector.Feed {
	feed := connector.Feed{Tenant: "t1", Topic: "customers", Entity: "customer"}
	if l.flaw == "no topic" {
		feed.Topic = ""
	}
	return []connector.Feed{feed}
}

func (l *listed) sorted(since time.Time) (all []connector.Change) {
	for id, at := range l.changed {
		if !at.Before(since) && (l.flaw != "exclusive" || at.After(since)) {
			all = append(all, connector.Change{ID: strconv.FormatInt(id, 10), At: at})
		}
	}
	slices.SortFunc(all, func(a, b connector.Change) int {
		n := cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
		if l.flaw == "newest first" {
			return -n
		}
		return n
	})
	return all
}

func (l *listed) Changes(_ context.Context, ask connector.Ask) (connector.Page, error) {
	all, from := l.sorted(ask.Since), 0
	if ask.Cursor != "" {
		kind, value, _ := strings.Cut(ask.Cursor, " ")
		switch {
		case kind == "page":
			from, _ = strconv.Atoi(value)
		case kind == "within": // by second, and within it by number
			second, n, _ := strings.Cut(value, "/")
			from, _ = strconv.Atoi(n)
			from += max(slices.IndexFunc(all, func(c connector.Change) bool { return c.At.Format(time.RFC3339) >= second }), 0)
		case kind == "after":
			from = slices.IndexFunc(all, func(c connector.Change) bool { return c.At.Format(time.RFC3339)+"/"+c.ID > value })
			from = cmp.Or(max(from, 0), len(all)*btoi(from < 0))
		case l.flaw == "any cursor":
		default:
			return connector.Page{}, fault.New(fault.Rejected, fault.Value, "listing", "no such cursor")
		}
	}
	all = all[min(from, len(all)):]
	if len(all) <= 3 || l.flaw == "one page" {
		return connector.Page{Changes: all[:min(3, len(all))]}, nil
	}
	last := all[2]
	cursor := "after " + last.At.Format(time.RFC3339) + "/" + last.ID
	switch l.flaw {
	case "numbered pages":
		cursor = "page " + strconv.Itoa(from+3)
	case "counted second":
		second := last.At.Format(time.RFC3339)
		first := slices.IndexFunc(l.sorted(ask.Since), func(c connector.Change) bool { return c.At.Equal(last.At) })
		cursor = "within " + second + "/" + strconv.Itoa(from+3-first)
	case "for ever":
		cursor = "page 0"
	case "newest first":
		cursor = "page " + strconv.Itoa(from+3)
	}
	return connector.Page{Changes: all[:3], Cursor: cursor}, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *listed) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	l.fetched++
	raw := &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json"}
	switch l.flaw {
	case "webhook":
		raw.Trigger = message.Webhook
	case "unsteady":
		change.ID += strings.Repeat(" ", l.fetched)
	case "unreadable":
		return raw, nil
	}
	var err error
	raw.Body, err = json.Marshal(change.ID)
	return raw, err
}

func (*listed) Receive(context.Context, connector.Request) (*message.Raw, error) { return nil, nil }

func (l *listed) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var id string
	if err := json.Unmarshal(raw.Body, &id); err != nil {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Err: err}
	}
	key := message.Key{System: "listed", Tenant: raw.Tenant, Type: "customer", ID: id}
	if l.flaw == "another entity" {
		key.Type = "person"
	}
	event := connector.Event{Type: canonical.CustomerUpserted, Entity: key}
	if l.flaw == "placed" {
		event.Type = canonical.OrderPlaced
	}
	return connector.Translation{Events: []connector.Event{event}}, nil
}

func (l *listed) Subscriptions(context.Context) ([]connector.Subscription, error) {
	if l.flaw == "nothing needed" {
		return nil, nil
	}
	return []connector.Subscription{{Tenant: "t1", Topic: "customers", State: l.topics["customers"]}}, nil
}

func (l *listed) Subscribe(_ context.Context, s connector.Subscription) error {
	if l.flaw != "stays broken" {
		l.topics[s.Topic] = connector.Active
	}
	return nil
}

func openListed(flaw string) PolledSystem {
	l := &listed{flaw: flaw, changed: map[int64]time.Time{}, topics: map[string]connector.SubscriptionState{"customers": connector.Missing}}
	return PolledSystem{
		System: connector.System{Profile: connector.Profile{Name: "listed"}, Source: l, Poller: l, Subscriber: l},
		Feed:   l.Feeds()[0], At: pollStart, Change: func(id int64, at time.Time) { l.changed[id] = at },
		End: func(_ *testing.T, topic string) {
			if flaw != "end unseen" {
				l.topics[topic] = connector.Missing
			}
		},
	}
}

func TestPollerWithoutAFlawPasses(t *testing.T) {
	t.Parallel()
	TestPoller(t, PollerHarness{Open: func(*testing.T) PolledSystem { return openListed("") }, Pages: 8})
}

func TestEachFlawOfAPollerIsFound(t *testing.T) {
	t.Parallel()
	for flaw, says := range map[string]string{
		"no topic": "lacks a name", "exclusive": "changes since", "newest first": "newer change comes before", "one page": "is not listed",
		"numbered pages": "is not listed", "counted second": "is not listed", "for ever": "leads to itself", "webhook": "is named", "unsteady": "two bodies",
		"unreadable": "translating", "another entity": "no event is about", "placed": "must not report", "any cursor": "want a rejection",
		"nothing needed": "no subscription is needed", "stays broken": "made active, it is", "end unseen": "after customers ended",
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			var found []string
			for _, rule := range pollerRules {
				if err := rule.check(t.Context(), openListed(flaw), 8); err != nil {
					found = append(found, err.Error())
				}
			}
			if err := resubscribes(t, openListed(flaw)); err != nil {
				found = append(found, err.Error())
			}
			if !strings.Contains(fmt.Sprint(found), says) {
				t.Errorf("found %q, want one that says %q", found, says)
			}
		})
	}
}
