package operate

import (
	"context"
	"fmt"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/routes"
)

// RouteState is the state of a route or inbox.
type RouteState string

// The states, the worst first.
const (
	StateLost     RouteState = "LOST"     // messages came in that are neither done nor waiting nor dead
	StatePaused   RouteState = "PAUSED"   // an operator stopped it
	StateDegraded RouteState = "DEGRADED" // the target's circuit is open: messages wait
	StateDead     RouteState = "DEAD"     // it works and has dead letters
	StateOK       RouteState = "OK"
)

// RouteStatus is one route or inbox now.
type RouteStatus struct {
	Route      string        `json:"route"`
	State      RouteState    `json:"state"`
	Why        string        `json:"why,omitempty"`
	In         int64         `json:"in"`   // accepted since counting began; 0 for an inbox
	Done       int64         `json:"done"` // the sum of the next four
	Confirmed  int64         `json:"confirmed"`
	Superseded int64         `json:"superseded"`
	Skipped    int64         `json:"skipped"`
	Removed    int64         `json:"removed"` // dead letters that were resolved, purged, erased, or that expired
	Missing    int64         `json:"missing"` // of in: neither done nor waiting nor dead. More than 0 means that messages were lost
	Waiting    int           `json:"waiting"` // queued, in flight or deferred
	InFlight   int           `json:"in_flight"`
	Deferred   int           `json:"deferred"`
	Oldest     time.Duration `json:"oldest_ns"`
	Dead       int           `json:"dead"`
	OldestDead time.Duration `json:"oldest_dead_ns"`
	DeletedIn  time.Duration `json:"deleted_in_ns,omitempty"` // until the oldest dead letter expires
}

// Status is the state of all routes and inboxes.
type Status struct {
	Environment string        `json:"environment"`
	At          time.Time     `json:"at"`
	Routes      []RouteStatus `json:"routes"`
	Dead        int           `json:"dead"`
	Waiting     int           `json:"waiting"`
	Attention   bool          `json:"attention"` // something is not OK
}

// deadLife is how long a dead letter is kept: as long as SQS keeps one at most.
const deadLife = 14 * 24 * time.Hour

// Status returns the state of every route and inbox. For each route in = done + waiting +
// dead, each counted on its own; Missing is the difference.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	s := Status{Environment: d.Name, At: d.Now().UTC()}
	depths, err := d.Meter.Depths(ctx)
	if err != nil {
		return s, err
	}
	totals, err := d.Meter.Totals(ctx)
	if err != nil {
		return s, err
	}
	pauses, err := d.Valve.Pauses(ctx)
	if err != nil {
		return s, err
	}
	byRoute := map[string]engine.Total{}
	for _, t := range totals {
		byRoute[t.Route] = t
	}
	byQueue := map[string]engine.Depth{}
	for _, depth := range depths {
		byQueue[depth.Queue] = depth
	}
	circuits := map[string][]admission.OpenCircuit{}
	for _, queue := range d.Queues() {
		r := rowOf(queue, byQueue[queue], byRoute[queue])
		route, isRoute := d.Route(queue)
		if isRoute {
			if _, read := circuits[route.To]; !read {
				if circuits[route.To], err = admission.OpenCircuits(ctx, d.State, route.To); err != nil {
					return s, err
				}
			}
		}
		r.judge(pauses, circuits[route.To], route, s.At)
		s.Routes = append(s.Routes, r)
		s.Dead, s.Waiting, s.Attention = s.Dead+r.Dead, s.Waiting+r.Waiting, s.Attention || r.State != StateOK
	}
	return s, nil
}

func rowOf(queue string, depth engine.Depth, total engine.Total) RouteStatus {
	r := RouteStatus{
		Route: queue, State: StateOK, In: total.In, Confirmed: total.Confirmed, Superseded: total.Superseded, Skipped: total.Skipped,
		Waiting: depth.Waiting(), InFlight: depth.InFlight, Deferred: depth.Deferred, Oldest: depth.Oldest, Dead: depth.Dead, OldestDead: depth.OldestDead,
	}
	r.Removed, r.Missing = total.Removed, total.Missing()
	if total.In > 0 {
		r.Done = r.Confirmed + r.Superseded + r.Skipped + r.Removed
		r.Waiting, r.Dead = int(total.Waiting), int(total.Letters) // counted in one moment with the rest
	}
	if r.Dead > 0 {
		r.DeletedIn = max(0, deadLife-r.OldestDead)
		r.State, r.Why = StateDead, "causeway why --route "+queue
	}
	return r
}

// judge sets the worst state that holds.
func (r *RouteStatus) judge(pauses []engine.Pause, open []admission.OpenCircuit, route routes.Route, now time.Time) {
	for _, c := range open {
		what := route.To
		if c.Operation != "" {
			what += ", " + c.Operation
		}
		r.State, r.Why = StateDegraded, fmt.Sprintf("circuit of %s open for %s", what, Ago(now.Sub(c.Since)))
		if c.Auth {
			r.Why += ": credentials or permission rejected"
		}
	}
	for _, p := range pauses {
		if p.Queue == r.Route {
			r.State, r.Why = StatePaused, fmt.Sprintf("by %s for %s: %s; causeway route resume %s", p.Who, Ago(now.Sub(p.Since)), p.Reason, r.Route)
		}
	}
	if r.Missing > 0 {
		r.State, r.Why = StateLost, fmt.Sprintf("%d of %d came in and are neither done nor waiting nor dead; find them with causeway reconcile", r.Missing, r.In)
	}
}

// Ago returns a duration for people: "12 s", "3 m", "6 h 12 m", "13 d 17 h".
func Ago(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d m", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%d h %d m", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d d %d h", d/day, d%day/time.Hour)
}
