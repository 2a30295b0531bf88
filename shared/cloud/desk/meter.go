package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

const (
	letterLife = 14 * 24 * time.Hour // as long as SQS keeps a dead letter
	mostDeaths = 10_000              // entries of a stage that one look reads
)

// Depths implements engine.Meter with the approximate numbers of SQS and the ages of
// CloudWatch. It fails with class config if the installation has no queue at all.
func (d *desk) Depths(ctx context.Context) ([]engine.Depth, error) {
	depths, err := d.depths(ctx)
	if err == nil {
		err = d.addOldest(ctx, depths)
	}
	if err != nil || !slices.ContainsFunc(depths, func(each engine.Depth) bool { return each.Dead > 0 }) {
		return depths, err
	}
	deaths, err := d.deaths(ctx)
	if err != nil {
		return nil, err
	}
	d.addAges(depths, deaths)
	return depths, nil
}

// depths is Depths without ages.
func (d *desk) depths(ctx context.Context) ([]engine.Depth, error) {
	names := d.names()
	counts := make([]count, 2*len(names))
	err := parallel(len(counts), func(i int) (err error) {
		name := names[i/2]
		if i%2 == 1 {
			name = routes.Dead(name)
		}
		counts[i], err = d.count(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	var depths []engine.Depth
	for i, name := range names {
		alive, dead := counts[2*i], counts[2*i+1]
		if !alive.exists {
			continue // the stage does not have the system or the flow
		}
		depths = append(depths, engine.Depth{Queue: name, Visible: alive.visible, InFlight: alive.hidden, Deferred: alive.delayed, Dead: dead.total()})
	}
	if len(depths) == 0 {
		return nil, fault.New(fault.Rejected, fault.Config, "measuring the queues", "there is no queue whose name begins with "+d.config.Resources.Prefix+"- at "+d.config.Resources.QueueBase)
	}
	slices.SortFunc(depths, func(a, b engine.Depth) int { return cmp.Compare(a.Queue, b.Queue) })
	return depths, nil
}

// count is the approximate numbers of one queue.
type count struct {
	exists                   bool
	visible, hidden, delayed int
}

func (c count) total() int { return c.visible + c.hidden + c.delayed }

func (d *desk) count(ctx context.Context, queue string) (count, error) {
	doing := "measuring queue " + queue
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := d.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: d.backend.QueueURL(queue), AttributeNames: names})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return count{}, nil
	}
	if err != nil {
		return count{}, cloud.Failure(doing, "queue "+queue, err)
	}
	var numbers [3]int
	for i, name := range names {
		if numbers[i], err = strconv.Atoi(out.Attributes[string(name)]); err != nil {
			return count{}, &fault.Error{Kind: fault.Unavailable, Class: fault.Parse, Field: string(name), Doing: doing, Err: err}
		}
	}
	return count{exists: true, visible: numbers[0], hidden: numbers[1], delayed: numbers[2]}, nil
}

// addAges sets the age of the oldest letter of each queue, as far as the ledger shows it.
func (d *desk) addAges(depths []engine.Depth, deaths map[string][]death) {
	now := d.config.Resources.Now()
	for i, depth := range depths {
		if times := deaths[depth.Queue]; depth.Dead > 0 && len(times) > 0 {
			depths[i].OldestDead = now.Sub(times[min(depth.Dead, len(times))-1].at)
		}
	}
}

// death is when a message became a dead letter, and how.
type death struct {
	at    time.Time
	stage port.Stage
}

// deaths returns those of the last fourteen days by queue, the newest first.
func (d *desk) deaths(ctx context.Context) (map[string][]death, error) {
	all := map[string][]death{}
	for _, stage := range []port.Stage{port.Dead, port.Parked} {
		entries, err := d.backend.Find(ctx, port.Query{Stage: stage, Since: d.config.Resources.Now().Add(-letterLife), Newest: true, Limit: mostDeaths})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			queue := e.Route
			if queue == "" {
				queue = routes.Inbox(e.Entity.System)
			}
			all[queue] = append(all[queue], death{e.At, stage})
		}
	}
	for _, times := range all {
		slices.SortFunc(times, func(a, b death) int { return b.at.Compare(a.at) })
	}
	return all, nil
}

// Totals implements engine.Meter: what came in and ended well in the last fourteen days by
// CloudWatch, what became a dead letter by the ledger, and what is in the queues.
func (d *desk) Totals(ctx context.Context) ([]engine.Total, error) {
	deaths, err := d.deaths(ctx)
	if err != nil {
		return nil, err
	}
	depths, err := d.depths(ctx)
	if err != nil {
		return nil, err
	}
	since := d.config.Resources.Now().Add(-letterLife)
	totals := make([]engine.Total, len(d.config.Routes))
	for i, route := range d.config.Routes {
		totals[i] = engine.Total{Route: route.Name(), Since: since}
		for _, each := range deaths[route.Name()] {
			if each.stage == port.Dead {
				totals[i].Dead++
			} else {
				totals[i].Parked++
			}
		}
	}
	for _, depth := range depths {
		if i := slices.IndexFunc(totals, func(t engine.Total) bool { return t.Route == depth.Queue }); i >= 0 {
			totals[i].Waiting, totals[i].Letters = int64(depth.Waiting()), int64(depth.Dead)
		}
	}
	slices.SortFunc(totals, func(a, b engine.Total) int { return cmp.Compare(a.Route, b.Route) })
	return totals, d.addCounts(ctx, totals, since)
}
