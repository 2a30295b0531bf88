package operate

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Desk is one engine with its routes, for an operator.
type Desk struct {
	engine.Engine
	Routes []routes.Route
}

// New checks the engine and returns a desk.
func New(e engine.Engine, table []routes.Route) (*Desk, error) {
	if err := e.Check(); err != nil {
		return nil, fault.Doing("opening the operator's desk", &fault.Error{Kind: fault.Rejected, Class: fault.Config, Err: err})
	}
	return &Desk{Engine: e, Routes: table}, nil
}

// Queues returns the names of all queues: the inboxes, then the routes.
func (d *Desk) Queues() (queues []string) {
	for _, system := range routes.Sources(d.Routes) {
		queues = append(queues, routes.Inbox(system), routes.InboxBackfill(system))
	}
	for _, route := range d.Routes {
		queues = append(queues, route.Queue())
	}
	return queues
}

// Route returns the route of that queue; false for an inbox or an unknown name.
func (d *Desk) Route(queue string) (routes.Route, bool) {
	i := slices.IndexFunc(d.Routes, func(r routes.Route) bool { return r.Queue() == queue })
	if i < 0 {
		return routes.Route{}, false
	}
	return d.Routes[i], true
}

// Selector selects dead letters. Empty fields match everything.
type Selector struct {
	Queue       string // name of a route or inbox, or a pattern such as "*-to-netsuite"
	Group       string // fingerprint
	Class       fault.Class
	Code        string
	Entity      string   // "order/5001", or a whole key
	Events      []string // event ids or message ids
	Since       time.Time
	Until       time.Time
	MinRedrives int
	MaxRedrives int // 0: no bound
	Where       func(Letter) (bool, error)
	Limit       int
}

// Match reports whether the letter is selected. It fails only if Where does.
func (s Selector) Match(l Letter) (bool, error) {
	matched := s.matchCause(l) &&
		(s.Entity == "" || s.Entity == l.Entity.String() || s.Entity == l.Entity.Type+"/"+l.Entity.ID) &&
		(len(s.Events) == 0 || slices.Contains(s.Events, l.Event) || slices.Contains(s.Events, l.MessageID)) &&
		(s.Since.IsZero() || !l.Died.Before(s.Since)) &&
		(s.Until.IsZero() || !l.Died.After(s.Until))
	if !matched || s.Where == nil {
		return matched, nil
	}
	return s.Where(l)
}

// matchCause reports whether cause and number of redrives match.
func (s Selector) matchCause(l Letter) bool {
	return (s.Group == "" || s.Group == l.Fingerprint) &&
		(s.Class == "" || s.Class == l.Cause.Class) &&
		(s.Code == "" || s.Code == l.Cause.Code) &&
		l.Redrives >= s.MinRedrives && (s.MaxRedrives == 0 || l.Redrives <= s.MaxRedrives)
}

// queues returns the queues that the selector matches. A name that matches none is an error
// of class missing_ref.
func (s Selector) queues(d *Desk) ([]string, error) {
	if s.Queue == "" {
		return d.Queues(), nil
	}
	var matched []string
	for _, name := range d.Queues() {
		if ok, err := path.Match(s.Queue, name); err == nil && ok || strings.TrimSuffix(s.Queue, routes.Dead("")) == name {
			matched = append(matched, name)
		}
	}
	if len(matched) == 0 {
		return nil, fault.New(fault.Rejected, fault.MissingRef, "selecting dead letters",
			"there is no route or inbox "+s.Queue+"; known are "+strings.Join(d.Queues(), ", "))
	}
	return matched, nil
}

// DeadLetters calls visit with each selected dead letter, with the message it was read
// from, until visit returns false or the limit is reached. Queues without letters are not
// read.
func (d *Desk) DeadLetters(ctx context.Context, s Selector, visit func(Letter, port.Incoming) bool) error {
	queues, err := s.queues(d)
	if err != nil {
		return err
	}
	depths, err := d.Meter.Depths(ctx)
	if err != nil {
		return err
	}
	n, more := 0, true
	for _, depth := range depths {
		if depth.Dead == 0 || !more || !slices.Contains(queues, depth.Queue) {
			continue
		}
		var failed error
		err := d.Engine.Letters.Browse(ctx, routes.Dead(depth.Queue), func(in port.Incoming) bool {
			l := ReadLetter(in)
			var matched bool
			if matched, failed = s.Match(l); failed != nil || !matched {
				return failed == nil
			}
			n++
			more = visit(l, in) && (s.Limit == 0 || n < s.Limit)
			return more
		})
		if err != nil || failed != nil {
			return cmp.Or(err, failed)
		}
	}
	return nil
}

// Letter returns the dead letter with that event id or message id; false if there is none.
func (d *Desk) Letter(ctx context.Context, id string) (found Letter, in port.Incoming, ok bool, err error) {
	err = d.DeadLetters(ctx, Selector{Events: []string{id}, Limit: 1}, func(l Letter, m port.Incoming) bool {
		found, in, ok = l, m, true
		return false
	})
	return found, in, ok, err
}
