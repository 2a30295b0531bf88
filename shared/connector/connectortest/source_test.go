package connectortest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The tests are inside the package because each rule must be seen to fail, which a suite that
// runs under testing.T cannot show from outside.

const signature = "X-Signature"

// toy is a source of product records; each field switches one of its virtues off.
type toy struct {
	trusting, forgetful, renaming, moody, lenient bool
	spoil                                         func(*connector.Event)
	calls                                         atomic.Int64
}

func (s *toy) Receive(_ context.Context, request connector.Request) (*message.Raw, error) {
	values := request.Header.Values(signature)
	if !s.trusting && (len(values) != 1 || values[0] != sign(request.Body)) {
		return nil, fault.New(fault.Unauthentic, "", "checking", "no")
	}
	if s.forgetful {
		return nil, nil
	}
	id := sign(request.Body)
	if s.renaming {
		id += strconv.FormatInt(s.calls.Add(1), 10)
	}
	return &message.Raw{ID: id, Tenant: "shop", Topic: "product", Body: request.Body}, nil
}

func (s *toy) Translate(_ context.Context, raw *message.Raw) (connector.Translation, error) {
	var product canonical.Product
	if err := json.Unmarshal(raw.Body, &product); err != nil && !s.lenient {
		return connector.Translation{}, &fault.Error{Kind: fault.Invalid, Err: err}
	}
	if s.moody {
		product.Title = strconv.FormatInt(s.calls.Add(1), 10)
	}
	event := connector.Event{
		Type: canonical.ProductUpserted, Entity: message.Key{System: "toy", Tenant: "shop", Type: "product", ID: product.ID},
		At: product.UpdatedAt, UpdatedAt: product.UpdatedAt, Body: &product,
	}
	if s.spoil != nil {
		s.spoil(&event)
	}
	return connector.Translation{Events: []connector.Event{event}}, nil
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func delivery(id string) connector.Request {
	body := []byte(`{"id":"` + id + `","sku":"TEE","title":"Tee","active":true,"updated_at":"2026-11-22T12:00:00Z"}`)
	return connector.Request{Method: http.MethodPost, Header: http.Header{signature: {sign(body)}}, Body: body, At: at}
}

func probeOf(s connector.Source) probe {
	return probe{connector.System{Profile: connector.Profile{Name: "toy"}, Source: s}, signature, delivery("1")}
}

func TestASoundSourcePasses(t *testing.T) {
	t.Parallel()
	TestSource(t, SourceHarness{
		Open:      func(*testing.T) connector.System { return probeOf(&toy{}).system },
		Signature: signature,
		Deliveries: []SourceDelivery{
			{Name: "first", Request: delivery("1")},
			{Name: "second", Request: delivery("2")},
		},
	})
}

func TestEachFaultBreaksItsRule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source *toy
		rule   func(context.Context, probe) error
	}{
		"forgets the delivery":      {&toy{forgetful: true}, accepted},
		"checks no signature":       {&toy{trusting: true}, forged},
		"names deliveries anew":     {&toy{renaming: true}, sameName},
		"reads differently":         {&toy{moody: true}, sameMeaning},
		"reads differently at once": {&toy{moody: true}, concurrent},
		"takes a broken body":       {&toy{lenient: true}, truncated},
		"unheard-of type":           {spoilt(func(e *connector.Event) { e.Type = "product.dreamt" }), wholeEvents},
		"body of another type":      {spoilt(func(e *connector.Event) { e.Body = &canonical.Order{} }), wholeEvents},
		"no version":                {spoilt(func(e *connector.Event) { e.UpdatedAt = time.Time{} }), wholeEvents},
		"no time":                   {spoilt(func(e *connector.Event) { e.At = time.Time{} }), wholeEvents},
		"body breaks the model":     {spoilt(func(e *connector.Event) { e.Body.(*canonical.Product).SKU = "" }), wholeEvents},
		"entity of another tenant":  {spoilt(func(e *connector.Event) { e.Entity.Tenant = "other" }), entitiesOfSender},
		"parent of another system":  {spoilt(func(e *connector.Event) { e.Parents = []message.Key{{System: "x"}} }), entitiesOfSender},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.rule(t.Context(), probeOf(c.source)); err == nil {
				t.Error("the rule does not see it")
			}
		})
	}
}

func spoilt(spoil func(*connector.Event)) *toy { return &toy{spoil: spoil} }

func TestEachRuleHoldsForASoundSource(t *testing.T) {
	t.Parallel()
	for _, rule := range sourceRules {
		if err := rule.check(t.Context(), probeOf(&toy{})); err != nil {
			t.Errorf("%s: %v", rule.name, err)
		}
	}
}

// children is a source whose second event may be the parent of the first.
type children struct {
	*toy
	backwards bool
}

func (s children) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	translation, err := s.toy.Translate(ctx, raw)
	if err != nil {
		return translation, err
	}
	parent := translation.Events[0]
	child := parent
	child.Entity.ID += "-child"
	child.Parents = []message.Key{parent.Entity}
	translation.Events = []connector.Event{parent, child}
	if s.backwards {
		translation.Events = []connector.Event{child, parent}
	}
	return translation, nil
}

func TestParentsMustComeFirst(t *testing.T) {
	t.Parallel()
	if err := parentsFirst(t.Context(), probeOf(children{&toy{}, false})); err != nil {
		t.Errorf("parent before child: %v", err)
	}
	if parentsFirst(t.Context(), probeOf(children{&toy{}, true})) == nil {
		t.Error("a child before its parent is not seen")
	}
}

// twice is a source that reports one state under two types.
type twice struct{ *toy }

func (s twice) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	translation, err := s.toy.Translate(ctx, raw)
	translation.Events = append(translation.Events, translation.Events...)
	return translation, err
}

func TestAnEntityMustHaveOneEvent(t *testing.T) {
	t.Parallel()
	if oneEventEach(t.Context(), probeOf(twice{&toy{}})) == nil {
		t.Error("two events of one entity pass")
	}
}

func TestDeliveriesMustNotShareAName(t *testing.T) {
	t.Parallel()
	twice := []SourceDelivery{{Name: "a", Request: delivery("1")}, {Name: "b", Request: delivery("1")}}
	if distinct(t.Context(), &toy{}, twice) == nil {
		t.Error("two deliveries of one name are not seen")
	}
}

// silent is a source that gives neither events nor a reason.
type silent struct{ *toy }

func (silent) Translate(context.Context, *message.Raw) (connector.Translation, error) {
	return connector.Translation{}, nil
}

func TestSilenceNeedsAReason(t *testing.T) {
	t.Parallel()
	if wholeEvents(t.Context(), probeOf(silent{&toy{}})) == nil {
		t.Error("no events and no reason are not seen")
	}
}

func TestReencodeChangesTheEncodingOnly(t *testing.T) {
	t.Parallel()
	digest := bytes.Repeat([]byte{7}, 32)
	if got := reencode(base64.StdEncoding.EncodeToString(digest)); len(got) != 64 {
		t.Errorf("a base64 digest becomes %q, want hex", got)
	}
	if got := reencode("t=1,v1=ff"); got == "t=1,v1=ff" {
		t.Error("another signature stays as it is")
	}
}
