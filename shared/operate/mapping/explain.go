package mapping

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// System is a connector that is opened with a network which records.
type System struct {
	Profile  connector.Profile
	Settings map[string]string
	Open     func(settings map[string]string, deps connector.Deps) (connector.System, error)
	Deps     connector.Deps
}

// Case is what is to be explained.
type Case struct {
	Raw     *message.Raw      // the delivery; nil without a source side
	Message *message.Message  // the event, with its body inline
	Source  *System           // nil without a source side
	Target  *System           // nil without a target side
	Ref     string            // the target's id of the entity; "" if it is not known to be there
	Parents map[string]string // message.Key.String() of each parent -> the target's id
	// Twin explains the writing of an entity that is like this one and that the target does not
	// have, which has every field. Without it a target that has the entity gets what differs.
	Twin bool
	// Field is the field at fault, of the event or of the delivery; "" if nothing failed.
	Field  string
	Reason string // in words; of Field
	Show   bool   // personal data is not masked
}

// study is the work on one case.
type study struct {
	Case
	source  document // of the delivery
	event   document
	body    []byte // of the event
	notes   []connector.Note
	links   map[string]effect // of a field of the delivery on the event's
	network *network
	target  connector.Target
	calls   []call
	written document // the fields of all calls, each path behind the number of its call
	cut     []connector.Note
	detail  string // of the receipt
	made    map[string]effect
	by      map[string][]string // field of the calls -> settings and parents that make it
	more    int                 // fields that were not studied
}

// call is a request with its fields.
type call struct {
	Request
	fields document
}

// Explain returns the rule of each field. It stores nothing and sends nothing but reads: to
// the source those that its translation makes, to the target those of a delivery. An error
// is that of the event itself; what cannot be studied is a sentence in the Explanation.
func Explain(ctx context.Context, c Case) (Explanation, error) {
	s := &study{Case: c, links: map[string]effect{}, made: map[string]effect{}, by: map[string][]string{}, body: c.Message.Body}
	var err error
	if s.event, err = read(s.body); err != nil {
		return Explanation{}, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: "reading event " + c.Message.ID, Err: err}
	}
	x := Explanation{}
	if s.Source != nil && s.Raw != nil {
		if err := s.translate(ctx); err != nil {
			x.Missing = append(x.Missing, "the delivery is not explained: "+err.Error())
		}
	}
	if s.Target != nil {
		if err := s.encode(ctx); err != nil {
			x.Missing = append(x.Missing, "the request to "+s.Target.Profile.Name+" is not explained: "+err.Error())
		}
	}
	s.tabulate(&x)
	return x, nil
}

var errNoEvent = errors.New("the working translation makes no such event of it")

// translate finds out which fields of the delivery make which fields of the event.
func (s *study) translate(ctx context.Context) error {
	n := newNetwork(s.Source.Deps.HTTP)
	deps := s.Source.Deps
	deps.HTTP = n
	system, err := s.Source.Open(s.Source.Settings, deps)
	if err != nil {
		return err
	}
	if s.source, err = read(s.Raw.Body); err != nil {
		return err
	}
	at := -1
	run := func(body []byte) (document, error) {
		raw := *s.Raw
		raw.Body = body
		meaning, err := system.Source.Translate(ctx, &raw)
		if err != nil {
			return document{}, err
		}
		i := s.pick(meaning.Events, at)
		if i < 0 {
			return document{}, errNoEvent
		}
		text, err := canonical.Encode(meaning.Events[i].Body)
		if err != nil {
			return document{}, err
		}
		if at < 0 {
			at, s.notes = i, meaning.Events[i].Notes
		}
		return read(text)
	}
	base, err := run(s.Raw.Body)
	if err != nil {
		return err
	}
	n.experiments()
	fields, more := s.source.studied(s.Field)
	s.more += more
	fields = append(fields, absent(s.notes, s.source)...)
	s.links, err = laboratory{s.Raw.Body, s.source, base, run}.vary(fields)
	return err
}

// pick returns the index of the event that is explained: the one of its type and entity, or of
// the place that this one had, because an experiment may change its id.
func (s *study) pick(events []connector.Event, at int) int {
	if at >= 0 && at < len(events) {
		return at
	}
	return slices.IndexFunc(events, func(e connector.Event) bool {
		return e.Type == s.Message.Type && e.Entity == s.Message.Key()
	})
}

// absent returns the fields of notes that have no value: a default was taken.
func absent(notes []connector.Note, d document) (fields []leaf) {
	for _, note := range notes {
		if (leaf{text: d.text[note.Field]}).empty() && !slices.ContainsFunc(d.leaves, func(l leaf) bool { return within(l.path, note.Field) && !l.empty() }) {
			fields = append(fields, leaf{path: note.Field})
		}
	}
	return fields
}

// encode finds out which fields of the event, settings and parents make which fields of the
// requests.
func (s *study) encode(ctx context.Context) error {
	if err := s.open(s.Target.Settings); err != nil {
		return err
	}
	s.Parents = withOthers(s.Parents)
	receipt, err := s.deliver(ctx, s.body, s.Parents)
	s.cut, s.detail = receipt.Notes, receipt.Detail
	s.calls, s.written = s.recorded()
	if len(s.calls) == 0 {
		return err // or nothing has to be written, as the detail says
	}
	s.network.experiments()
	fields, more := s.event.studied(s.Field)
	s.more += more
	fields = append(fields, absent(s.cut, s.event)...)
	run := func(body []byte) (document, error) { return s.try(ctx, body, s.Parents) }
	if s.made, err = (laboratory{s.body, s.event, s.written, run}).vary(fields); err != nil {
		return err
	}
	s.varyParents(ctx)
	s.varySettings(ctx)
	return nil
}

func (s *study) open(settings map[string]string) error {
	if s.network == nil {
		s.network = newNetwork(s.Target.Deps.HTTP)
	}
	deps := s.Target.Deps
	deps.HTTP = s.network
	system, err := s.Target.Open(settings, deps)
	s.target = system.Target
	return err
}

// try returns the fields of the requests that a changed event leads to.
func (s *study) try(ctx context.Context, body []byte, parents map[string]string) (document, error) {
	_, err := s.deliver(ctx, body, parents)
	_, fields := s.recorded()
	if len(fields.leaves) > 0 {
		return fields, nil
	}
	if err == nil {
		err = errNotAsked
	}
	return fields, err
}

func (s *study) deliver(ctx context.Context, body []byte, parents map[string]string) (receipt connector.Receipt, err error) {
	entity, err := canonical.Decode(s.Message.Type, body)
	if err != nil {
		return receipt, err
	}
	if !bytes.Equal(body, s.body) {
		balance(entity)
	}
	m := *s.Message
	m.Body, m.Claim = body, nil
	ref := s.Ref
	if id := idOf(body); id != "" && id != m.Key().ID && idOf(s.body) == m.Key().ID {
		m.Subject = m.EntityType() + "/" + id // the experiment changed it
	}
	if s.Twin {
		ref = ""
		m.Subject = m.EntityType() + "/" + twin(m.Key().ID)
		if customer, ok := entity.(*canonical.Customer); ok && !customer.Email.IsZero() {
			customer.Email = canonical.NewText(twin(customer.Email.String()) + "@example.invalid")
		}
	}
	defer func() {
		if thrown := recover(); thrown != nil { // an experiment may be what no source reports
			err = errImpossible
		}
	}()
	return s.target.Deliver(ctx, connector.Delivery{Message: &m, Body: entity, Ref: ref, Parents: parents, Attempt: 1})
}

// balance makes the total of an order or refund that of its parts, so that a connector takes an
// experiment with an amount.
func balance(entity any) {
	switch e := entity.(type) {
	case *canonical.Order:
		if sum, err := e.Sum(); err == nil {
			e.Total = sum.Add(e.Rounding)
		}
	case *canonical.Refund:
		if sum, err := e.Sum(); err == nil {
			e.Amount = sum.Add(e.Rounding)
		}
	}
}

var errImpossible = errors.New("the connector does not take the event")

func idOf(body []byte) string {
	d, err := read(body)
	if err != nil {
		return ""
	}
	return strings.Trim(d.text["id"], `"`)
}

// twin returns the stand-in of an id, which no entity has.
func twin(id string) string { return "0" + message.DeriveID("twin", id) }

// recorded returns the requests since the last call. A twin's id is the entity's again.
func (s *study) recorded() ([]call, document) {
	all := document{text: map[string]string{}}
	var calls []call
	for i, r := range s.network.recorded() {
		r = s.untwinned(r)
		fields, err := read(r.Body)
		if err != nil {
			fields = document{}
		}
		calls = append(calls, call{r, fields})
		for _, l := range fields.leaves {
			path := numbered(i, l.path)
			all.leaves, all.text[path] = append(all.leaves, leaf{path, l.text}), l.text
		}
	}
	return calls, all
}

// numbered returns the path of a field in the call of that index; the first has no number.
func numbered(i int, path string) string {
	if i == 0 {
		return path
	}
	return "(" + string(rune('1'+min(i, 8))) + ") " + path
}

func (s *study) untwinned(r Request) Request {
	if !s.Twin {
		return r
	}
	pairs := []string{twin(s.Message.Key().ID), s.Message.Key().ID}
	if email := strings.Trim(s.event.text["email"], `"`); email != "" {
		pairs = append(pairs, twin(email)+"@example.invalid", email)
	}
	own := strings.NewReplacer(pairs...)
	r.Path, r.Body = own.Replace(r.Path), []byte(own.Replace(string(r.Body)))
	return r
}

// withOthers adds a parent of another id for each, which an experiment names.
func withOthers(parents map[string]string) map[string]string {
	all := maps.Clone(parents)
	for text, ref := range parents {
		if key, err := message.ParseKey(text); err == nil {
			other, ok := otherTexts(key.ID)[0].(string)
			if key.ID = other; ok && all[key.String()] == "" {
				all[key.String()] = ref + "8"
			}
		}
	}
	return all
}

// varyParents finds out which fields are ids of parents.
func (s *study) varyParents(ctx context.Context) {
	for _, key := range slices.Sorted(maps.Keys(s.Parents)) {
		others := maps.Clone(s.Parents)
		others[key] += "9"
		result, err := s.try(ctx, s.body, others)
		if parsed, bad := message.ParseKey(key); err == nil && bad == nil {
			s.credit(result, "id of "+parsed.Type+" "+parsed.ID+" at "+s.Target.Profile.Name)
		}
	}
}

// varySettings finds out which fields a setting makes.
func (s *study) varySettings(ctx context.Context) {
	for _, name := range s.Target.Profile.Settings {
		value := s.Target.Settings[name]
		if value == "" || slices.Contains(s.Target.Profile.Secrets, name) {
			continue
		}
		for _, other := range otherSettings(value) {
			settings := maps.Clone(s.Target.Settings)
			settings[name] = other
			if s.open(settings) != nil {
				continue
			}
			if result, err := s.try(ctx, s.body, s.Parents); err == nil && len(s.written.differing(result)) > 0 {
				s.credit(result, "by "+name)
				break
			}
		}
	}
}

// credit notes what made the fields that differ.
func (s *study) credit(result document, maker string) {
	for path := range s.written.differing(result) {
		s.by[path] = append(s.by[path], maker)
	}
}

// otherSettings returns other values of a setting: of a map with every value changed.
func otherSettings(value string) []string {
	if pairs, err := connector.Pairs(value); err == nil {
		var changed []string
		for key, id := range pairs {
			changed = append(changed, key+"="+id+"9")
		}
		slices.Sort(changed)
		return []string{strings.Join(changed, ",")}
	}
	if capitals.MatchString(value) {
		return []string{"DE", "FR"}
	}
	return []string{value + "9", bumped(value)}
}
