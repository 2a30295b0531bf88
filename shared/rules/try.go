package rules

import (
	"bytes"
	"encoding/json"
	"fmt"

	"causeway.example/events"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
	"causeway.example/shared/rules/jq"
)

// samples names the event type whose sample stands for all events of an entity.
var samples = map[string]string{
	"order": canonical.OrderPlaced, "customer": canonical.CustomerUpserted, "payment": canonical.PaymentCaptured, "refund": canonical.RefundSettled,
}

// try evaluates the rule over the sample of each entity that it is for, and over one that
// has only the members that all have.
func (r *rule) try(target string) error {
	tried := map[string]bool{}
	for _, at := range r.over {
		if tried[at.entity] {
			continue
		}
		tried[at.entity] = true
		sample, err := sampleOf(at.entity)
		if err != nil {
			return fmt.Errorf("cannot be tried over %q: %w", at.entity, err)
		}
		with := jq.Variables{Store: sample.System() + "/" + sample.Tenant, Type: at.entity, Target: target}
		if err := r.tryOver(sample.Body, with); err != nil {
			return fmt.Errorf("%w (over the sample of an event of type %s)", err, sample.Type)
		}
		body, err := bare(sample)
		if err == nil {
			err = r.tryOver(body, with)
		}
		if err != nil {
			return fmt.Errorf("%w (over an event of type %s without any optional member)", err, sample.Type)
		}
	}
	return nil
}

func sampleOf(entity string) (*message.Message, error) {
	data, err := events.Sample(samples[entity])
	if err != nil {
		return nil, err
	}
	return message.Decode(data)
}

func (r *rule) tryOver(body any, with jq.Variables) error {
	document, err := documentOf(body)
	if err != nil {
		return err
	}
	steps := Steps
	return r.decide(&choices{chosen: map[place]string{}}, document, with, &steps)
}

// bare returns a body with the members that every body of the event type has: its zero value,
// with empty lists.
func bare(sample *message.Message) (json.RawMessage, error) {
	kind, _ := canonical.TypeNamed(sample.Type)
	data, err := canonical.Encode(kind.New())
	return bytes.ReplaceAll(data, []byte(":null"), []byte(":[]")), err
}
