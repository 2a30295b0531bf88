package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// States of an event source mapping (Lambda API reference, EventSourceMappingConfiguration).
const (
	stateEnabled   = "Enabled"
	stateEnabling  = "Enabling"
	stateDisabled  = "Disabled"
	stateDisabling = "Disabling"
)

const (
	settleTries = 30
	settlePause = 2 * time.Second // between tries
)

// note is what the state table keeps of a pause.
type note struct {
	Who    string    `json:"who"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
}

func noteKey(queue string) string { return "pause|" + queue }

// Pauses implements engine.Valve: the queues whose mappings are disabled. Who and why are
// missing if it was not done by Pause.
func (d *desk) Pauses(ctx context.Context) (pauses []engine.Pause, err error) {
	const doing = "reading the pauses"
	names := map[string]string{} // by the end of the queue's ARN
	for _, name := range d.names() {
		names[d.config.Resources.Prefix+"-"+name] = name
	}
	pages := lambda.NewListEventSourceMappingsPaginator(d.mappings, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, cloud.Failure(doing, "list of event source mappings", err)
		}
		for _, m := range page.EventSourceMappings {
			arn := aws.ToString(m.EventSourceArn)
			queue, ours := names[arn[strings.LastIndexByte(arn, ':')+1:]]
			known := slices.ContainsFunc(pauses, func(p engine.Pause) bool { return p.Queue == queue })
			if !ours || known || isOn(m) {
				continue
			}
			pause, err := d.pauseOf(ctx, queue, m)
			if err != nil {
				return nil, err
			}
			pauses = append(pauses, pause)
		}
	}
	slices.SortFunc(pauses, func(a, b engine.Pause) int { return strings.Compare(a.Queue, b.Queue) })
	return pauses, nil
}

// isOn reports whether a mapping takes messages, or is about to.
func isOn(m lambdatypes.EventSourceMappingConfiguration) bool {
	state := aws.ToString(m.State)
	return state != stateDisabled && state != stateDisabling
}

func (d *desk) pauseOf(ctx context.Context, queue string, m lambdatypes.EventSourceMappingConfiguration) (engine.Pause, error) {
	n, _, err := d.note(ctx, queue)
	if n.Who == "" {
		n = note{Who: "unknown", Reason: "its event source mapping was disabled by other means, such as a stage that has the flow off"}
		if m.LastModified != nil {
			n.Since = m.LastModified.UTC()
		}
	}
	return engine.Pause{Queue: queue, Who: n.Who, Reason: n.Reason, Since: n.Since}, err
}

// note returns the note of a queue, empty if there is none, with its revision.
func (d *desk) note(ctx context.Context, queue string) (n note, revision int64, err error) {
	item, err := d.backend.Get(ctx, noteKey(queue))
	if err != nil || len(item.Value) == 0 {
		return note{}, item.Revision, err
	}
	if err := json.Unmarshal(item.Value, &n); err != nil {
		return note{}, item.Revision, &fault.Error{Kind: fault.Rejected, Class: fault.Parse, Doing: "reading state " + noteKey(queue), Err: err}
	}
	return n, item.Revision, nil
}

// Pause implements engine.Valve. The note is written first, so that a disabled mapping always
// has one; a note whose mapping is enabled is none of a pause in force, and is replaced.
func (d *desk) Pause(ctx context.Context, pause engine.Pause) error {
	doing := "pausing queue " + pause.Queue
	mappings, err := d.mappingsOf(ctx, doing, pause.Queue)
	if err != nil {
		return err
	}
	before, revision, err := d.note(ctx, pause.Queue)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(mappings, isOn) || before.Who == "" {
		n := note{Who: pause.Who, Reason: pause.Reason, Since: d.config.Resources.Now().UTC()}
		if err := d.putNote(ctx, pause.Queue, revision, n); err != nil {
			return err
		}
	}
	return d.set(ctx, doing, pause.Queue, false)
}

// putNote stores a note. Another operator's, who was faster, is kept.
func (d *desk) putNote(ctx context.Context, queue string, revision int64, n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if n == (note{}) {
		text = nil
	}
	_, err = d.backend.Put(ctx, port.Item{Key: noteKey(queue), Value: text, Revision: revision})
	if errors.Is(err, port.ErrConflict) {
		return nil
	}
	return err
}

// Resume implements engine.Valve. The note is removed last: without its mapping it counts
// for nothing.
func (d *desk) Resume(ctx context.Context, queue string) error {
	if err := d.set(ctx, "resuming queue "+queue, queue, true); err != nil {
		return err
	}
	n, revision, err := d.note(ctx, queue)
	if err != nil || n.Who == "" {
		return err
	}
	return d.putNote(ctx, queue, revision, note{})
}

// mappingsOf returns the mappings that take from the queue: one, or two while a deployment
// replaces it.
func (d *desk) mappingsOf(ctx context.Context, doing, queue string) (all []lambdatypes.EventSourceMappingConfiguration, err error) {
	out, err := d.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: d.backend.QueueURL(queue), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return nil, cloud.Failure(doing, "queue "+queue, err)
	}
	arn := out.Attributes[string(types.QueueAttributeNameQueueArn)]
	pages := lambda.NewListEventSourceMappingsPaginator(d.mappings, &lambda.ListEventSourceMappingsInput{EventSourceArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, cloud.Failure(doing, "event source mapping of queue "+queue, err)
		}
		all = append(all, page.EventSourceMappings...)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Rejected, fault.Config, doing, "no function takes from "+arn+": it has no event source mapping")
	}
	return all, nil
}

// set enables or disables the queue's mappings. One that is between two states cannot be
// changed: it is asked again until it has settled.
func (d *desk) set(ctx context.Context, doing, queue string, on bool) error {
	for try := 1; ; try++ {
		mappings, err := d.mappingsOf(ctx, doing, queue)
		if err != nil {
			return err
		}
		open := 0
		for _, m := range mappings {
			done, err := d.setOne(ctx, m, on)
			if err != nil {
				return cloud.Failure(doing, "event source mapping "+aws.ToString(m.UUID), err)
			}
			if !done {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		if try == settleTries {
			return fault.New(fault.Unavailable, fault.Intermittent, doing, "its event source mapping has been between two states for a minute; run the command again")
		}
		if err := d.config.Sleep(ctx, settlePause); err != nil {
			return cloud.Failure(doing, "queue "+queue, err)
		}
	}
}

// setOne reports whether the mapping has the wanted state or is on its way there.
func (d *desk) setOne(ctx context.Context, m lambdatypes.EventSourceMappingConfiguration, on bool) (done bool, err error) {
	switch state := aws.ToString(m.State); {
	case on && (state == stateEnabled || state == stateEnabling), !on && (state == stateDisabled || state == stateDisabling):
		return true, nil
	case state != stateEnabled && state != stateDisabled:
		return false, nil
	}
	_, err = d.mappings.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: &on})
	if _, busy := errors.AsType[*lambdatypes.ResourceInUseException](err); busy {
		return false, nil
	}
	return err == nil, err
}
