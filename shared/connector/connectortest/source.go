package connectortest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// SourceHarness is the input of TestSource.
type SourceHarness struct {
	Open       func(t *testing.T) connector.System // opened against a fake, with secrets that fit the deliveries
	Signature  string                              // the header that carries the signature
	Deliveries []SourceDelivery                    // authentic and translatable, at least one
}

// SourceDelivery is one recorded request.
type SourceDelivery struct {
	Name    string
	Request connector.Request
}

// TestSource runs every rule over every delivery, as subtests.
func TestSource(t *testing.T, h SourceHarness) {
	t.Helper()
	system := h.Open(t)
	if system.Source == nil || h.Signature == "" || len(h.Deliveries) == 0 {
		t.Fatal("the harness needs a source, the name of its signature header, and a delivery")
	}
	for _, d := range h.Deliveries {
		for _, rule := range sourceRules {
			t.Run(d.Name+"/"+rule.name, func(t *testing.T) {
				t.Parallel()
				if err := rule.check(t.Context(), probe{system, h.Signature, d.Request}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Run("deliveries have ids of their own", func(t *testing.T) {
		t.Parallel()
		if err := distinct(t.Context(), system.Source, h.Deliveries); err != nil {
			t.Error(err)
		}
	})
}

// probe is one delivery and the source that receives it.
type probe struct {
	system    connector.System
	signature string
	request   connector.Request
}

type sourceRule struct {
	name  string
	check func(context.Context, probe) error
}

var sourceRules = []sourceRule{
	{"an authentic delivery is accepted with an id", accepted},
	{"a forged delivery is rejected", forged},
	{"a redelivery has the same id", sameName},
	{"a second translation gives the same events", sameMeaning},
	{"events are whole and valid", wholeEvents},
	{"events are about entities of the sender", entitiesOfSender},
	{"parents come before their children", parentsFirst},
	{"an entity has one event", oneEventEach},
	{"a truncated body is rejected as invalid", truncated},
	{"concurrent use changes nothing", concurrent},
}

func (p probe) receive(ctx context.Context) (*message.Raw, error) {
	raw, err := p.system.Source.Receive(ctx, p.request)
	if err == nil && raw == nil {
		err = errors.New("the delivery was dropped")
	}
	return raw, err
}

// read receives and translates the delivery.
func (p probe) read(ctx context.Context) (*message.Raw, connector.Translation, error) {
	raw, err := p.receive(ctx)
	if err != nil {
		return nil, connector.Translation{}, fmt.Errorf("receiving: %w", err)
	}
	translation, err := p.system.Source.Translate(ctx, raw)
	if err != nil {
		return nil, connector.Translation{}, fmt.Errorf("translating: %w", err)
	}
	return raw, translation, nil
}

func accepted(ctx context.Context, p probe) error {
	raw, err := p.receive(ctx)
	switch {
	case err != nil:
		return err
	case raw.ID == "" || raw.Tenant == "" || raw.Topic == "":
		return fmt.Errorf("ID %q, tenant %q and topic %q are all required", raw.ID, raw.Tenant, raw.Topic)
	case !bytes.Equal(raw.Body, p.request.Body):
		return errors.New("the raw body is not what was sent")
	}
	return nil
}

func forged(ctx context.Context, p probe) error {
	for name, forgery := range p.forgeries() {
		raw, err := p.system.Source.Receive(ctx, forgery)
		if raw != nil || fault.KindOf(err) != fault.Unauthentic || err == nil {
			return fmt.Errorf("%s: got %v, %v, want an unauthentic fault", name, raw, err)
		}
	}
	return nil
}

func (p probe) forgeries() map[string]connector.Request {
	value := p.request.Header.Get(p.signature)
	forgeries := map[string]connector.Request{
		"no signature":                p.signed(),
		"empty signature":             p.signed(""),
		"signature twice":             p.signed(value, value),
		"signature in other encoding": p.signed(reencode(value)),
		"a line break at the end":     p.withBody(append(bytes.Clone(p.request.Body), '\n')),
	}
	for _, at := range []int{0, len(p.request.Body) / 2, len(p.request.Body) - 1} {
		body := bytes.Clone(p.request.Body)
		body[at] ^= 1
		forgeries[fmt.Sprintf("byte %d flipped", at)] = p.withBody(body)
	}
	return forgeries
}

// signed returns the request with these values of the signature header.
func (p probe) signed(values ...string) connector.Request {
	request := p.request
	request.Header = request.Header.Clone()
	request.Header.Del(p.signature)
	for _, value := range values {
		request.Header.Add(p.signature, value)
	}
	return request
}

func (p probe) withBody(body []byte) connector.Request {
	request := p.request
	request.Body = body
	return request
}

// reencode writes a base64 digest in hex, and anything else in base64.
func reencode(signature string) string {
	if digest, err := base64.StdEncoding.DecodeString(signature); err == nil && len(digest) == 32 {
		return hex.EncodeToString(digest)
	}
	return base64.StdEncoding.EncodeToString([]byte(signature))
}

func sameName(ctx context.Context, p probe) error {
	first, err := p.receive(ctx)
	if err != nil {
		return err
	}
	p.request.At = p.request.At.Add(1)
	again, err := p.receive(ctx)
	if err != nil {
		return err
	}
	if first.ID != again.ID {
		return fmt.Errorf("one delivery got the ids %s and %s", first.ID, again.ID)
	}
	return nil
}

func sameMeaning(ctx context.Context, p probe) error {
	raw, first, err := p.read(ctx)
	if err != nil {
		return err
	}
	again, err := p.system.Source.Translate(ctx, raw)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(first, again) {
		return errors.New("two translations of one delivery differ")
	}
	return nil
}

func wholeEvents(ctx context.Context, p probe) error {
	_, translation, err := p.read(ctx)
	if err != nil {
		return err
	}
	if (len(translation.Events) == 0) != (translation.Skip != "") {
		return fmt.Errorf("%d events with the skip reason %q", len(translation.Events), translation.Skip)
	}
	for _, event := range translation.Events {
		if err := whole(event); err != nil {
			return fmt.Errorf("%s: %w", event.Type, err)
		}
	}
	return nil
}

func whole(event connector.Event) error {
	kind, known := canonical.TypeNamed(event.Type)
	switch {
	case !known:
		return errors.New("there is no such event type")
	case reflect.TypeOf(event.Body) != reflect.TypeOf(kind.New()):
		return fmt.Errorf("the body is a %T, the type has %T", event.Body, kind.New())
	case event.At.IsZero() || event.UpdatedAt.IsZero():
		return fmt.Errorf("time %v and version %v are both required", event.At, event.UpdatedAt)
	}
	return canonical.Validate(event.Body)
}

func entitiesOfSender(ctx context.Context, p probe) error {
	raw, translation, err := p.read(ctx)
	if err != nil {
		return err
	}
	for _, event := range translation.Events {
		key := event.Entity
		if key.System != p.system.Profile.Name || key.Tenant != raw.Tenant || key.Type == "" || key.ID == "" {
			return fmt.Errorf("%s: %s is not an entity of %s/%s", event.Type, key, p.system.Profile.Name, raw.Tenant)
		}
		for _, key := range event.Parents { // a warehouse's shipment belongs to an order of a store
			if key.System == "" || key.Tenant == "" || key.Type == "" || key.ID == "" || key.System == p.system.Profile.Name && key.Tenant != raw.Tenant {
				return fmt.Errorf("%s: parent %s is neither whole nor of %s/%s", event.Type, key, p.system.Profile.Name, raw.Tenant)
			}
		}
	}
	return nil
}

func parentsFirst(ctx context.Context, p probe) error {
	_, translation, err := p.read(ctx)
	if err != nil {
		return err
	}
	for i, event := range translation.Events {
		for _, later := range translation.Events[i+1:] {
			if slices.Contains(event.Parents, later.Entity) && later.Entity != event.Entity {
				return fmt.Errorf("%s comes before its parent %s", event.Type, later.Entity)
			}
		}
	}
	return nil
}

// oneEventEach checks that a delivery reports an entity's state once: two events of one state
// have the same version, so that their order would decide.
func oneEventEach(ctx context.Context, p probe) error {
	_, translation, err := p.read(ctx)
	if err != nil {
		return err
	}
	types := map[message.Key]string{}
	for _, event := range translation.Events {
		if other := types[event.Entity]; other != "" {
			return fmt.Errorf("%s has two events, %s and %s", event.Entity, other, event.Type)
		}
		types[event.Entity] = event.Type
	}
	return nil
}

// truncationStep is the distance between the positions at which a body is cut.
const truncationStep = 97

func truncated(ctx context.Context, p probe) error {
	raw, err := p.receive(ctx)
	if err != nil {
		return err
	}
	for end := 0; end < len(raw.Body); end += truncationStep {
		cut := *raw
		cut.Body = raw.Body[:end:end]
		translation, err := p.system.Source.Translate(ctx, &cut)
		if err == nil || fault.KindOf(err) != fault.Invalid || len(translation.Events) > 0 {
			return fmt.Errorf("cut at byte %d: %d events, %w", end, len(translation.Events), errOrNone(err))
		}
	}
	return nil
}

func errOrNone(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

const workers = 8

func concurrent(ctx context.Context, p probe) error {
	raw, translation, err := p.read(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			other, read, err := p.read(ctx)
			if err == nil && (other.ID != raw.ID || !reflect.DeepEqual(read, translation)) {
				err = errors.New("two workers translated one delivery differently")
			}
			errs[i] = err
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func distinct(ctx context.Context, source connector.Source, deliveries []SourceDelivery) error {
	seen := map[string]string{}
	for _, d := range deliveries {
		raw, err := source.Receive(ctx, d.Request)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		if raw == nil {
			continue
		}
		if other, taken := seen[raw.ID]; taken {
			return fmt.Errorf("%s and %s share the id %s", d.Name, other, raw.ID)
		}
		seen[raw.ID] = d.Name
	}
	return nil
}
