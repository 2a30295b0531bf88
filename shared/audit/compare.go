package audit

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
)

// side is one of the two systems, with its calls counted.
type side struct {
	system connector.System
	book   connector.Book
	pacer  retry.Pacer
	calls  *int
}

func (s *side) name() string { return s.system.Profile.Name }

func (s *side) call(ctx context.Context, ask func() error) error {
	return s.pacer.Call(ctx, func() error {
		*s.calls++
		return ask()
	})
}

// totals returns false if the system cannot count the records of the book.
func (s *side) totals(ctx context.Context, span connector.Span) (totals connector.Totals, known bool, err error) {
	err = s.call(ctx, func() (err error) {
		totals, err = s.system.Auditor.Totals(ctx, s.book, span)
		return err
	})
	if errors.Is(err, connector.ErrNoTotals) {
		*s.calls--
		return totals, false, nil
	}
	return totals, err == nil, err
}

// each calls use for every record of the span. It ends with the first error of use.
func (s *side) each(ctx context.Context, span connector.Span, use func(connector.Record) error) error {
	for cursor := ""; ; {
		var page connector.RecordPage
		err := s.call(ctx, func() (err error) {
			page, err = s.system.Auditor.Records(ctx, s.book, span, cursor)
			return err
		})
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if err := use(record); err != nil {
				return err
			}
		}
		if page.Cursor == "" {
			return nil
		}
		if page.Cursor == cursor {
			return port.Unavailable("listing the records of "+s.name(), errors.New("a page leads to itself"))
		}
		cursor = page.Cursor
	}
}

// lookup returns the records by their ID, of any date.
func (s *side) lookup(ctx context.Context, ids []string) (map[string]connector.Record, error) {
	found := map[string]connector.Record{}
	for len(ids) > 0 {
		n := min(len(ids), connector.MaxLookup)
		err := s.call(ctx, func() error {
			records, err := s.system.Auditor.Lookup(ctx, s.book, ids[:n])
			for _, record := range records {
				found[record.ID] = record
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return found, nil
}

// comparison is the audit of one span.
type comparison struct {
	*Auditor
	pair           Pair
	source, target side
	days           bool // a span cannot be halved
	thorough       bool // equal totals do not count
	checked        int  // differences that were translated
	result         Result
}

// span compares by totals, then in halves, then record by record.
func (c *comparison) span(ctx context.Context, span connector.Span) error {
	if c.thorough {
		return c.records(ctx, span, nil)
	}
	source, counted, err := c.source.totals(ctx, span)
	if err != nil {
		return err
	}
	target, countedToo, err := c.target.totals(ctx, span)
	if err != nil {
		return err
	}
	counted = counted && countedToo
	if summed := source.Sums != nil && target.Sums != nil; counted && summed && sumOf(source).Equal(sumOf(target)) {
		c.agree(sumOf(source))
		return nil
	}
	length := span.To.Sub(span.From)
	if large := max(source.Count, target.Count) > c.config.Plan.Rows; !c.days && large && length >= 2*c.config.Plan.Least {
		middle := span.From.Add((length / 2).Truncate(c.config.Plan.Least))
		if err := c.span(ctx, connector.Span{From: span.From, To: middle}); err != nil {
			return err
		}
		return c.span(ctx, connector.Span{From: middle, To: span.To})
	}
	var expected *Sum // if the source has it, the target is not listed
	if countedToo && target.Sums != nil {
		sum := sumOf(target)
		expected = &sum
	}
	return c.records(ctx, span, expected)
}

func (c *comparison) agree(sum Sum) {
	c.result.Source, c.result.Target = c.result.Source.Plus(sum), c.result.Target.Plus(sum)
}

// errFull ends a pass that holds as many records as it may.
var errFull = errors.New("too many records to hold")

// records compares record by record. Too many to be held are read in several passes, each of
// those whose ID falls into its part.
func (c *comparison) records(ctx context.Context, span connector.Span, expected *Sum) error {
	for parts := uint32(1); ; parts *= 2 {
		var passes []*pass
		var err error
		for part := uint32(0); part < parts && err == nil; part++ {
			p := &pass{comparison: c, span: span, part: part, parts: parts, held: map[string]*held{}}
			err = p.read(ctx, expected)
			if err == nil {
				err = p.settle(ctx)
			}
			passes = append(passes, p)
		}
		if errors.Is(err, errFull) {
			continue
		}
		for _, p := range passes {
			p.add(&c.result)
		}
		return err
	}
}

// pass is one reading of both lists, of the records in one part.
type pass struct {
	*comparison
	span        connector.Span
	part, parts uint32
	held        map[string]*held // of the source
	strays      []connector.Record
	own         Result
}

// held is a record of the source, and those of the target.
type held struct {
	record connector.Record
	found  []connector.Record
}

// take returns the record of the target that is to be compared: the first with the same amount,
// or else the first. The others are duplicates.
func (h *held) take() (match connector.Record, others []connector.Record) {
	i := max(slices.IndexFunc(h.found, func(r connector.Record) bool { return r.Err == nil && r.Amount == h.record.Amount }), 0)
	return h.found[i], slices.Delete(slices.Clone(h.found), i, i+1)
}

func (p *pass) mine(id string) bool {
	if p.parts == 1 {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32()%p.parts == p.part
}

// read lists the source, and the target unless the source's sum is what is expected of it.
func (p *pass) read(ctx context.Context, expected *Sum) error {
	err := p.source.each(ctx, p.span, func(r connector.Record) error {
		if !p.mine(r.ID) {
			return nil
		}
		p.held[r.ID] = &held{record: r}
		if len(p.held) > p.config.Plan.Held {
			return errFull
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range p.held {
		p.own.Source = p.own.Source.Plus(one(h.record))
	}
	if p.parts == 1 && expected != nil && p.own.Source.Equal(*expected) {
		p.own.Target, p.held = *expected, nil
		return nil
	}
	if err := p.target.each(ctx, p.span, p.meet); err != nil {
		return err
	}
	return p.match(ctx)
}

// meet keeps a record of the target with the source's.
func (p *pass) meet(r connector.Record) error {
	if !p.mine(r.ID) {
		return nil
	}
	h := p.held[r.ID]
	switch {
	case h == nil:
		p.strays = append(p.strays, r)
		if len(p.strays) > p.config.Plan.Held {
			return errFull
		}
	case !slices.ContainsFunc(h.found, func(known connector.Record) bool { return known.Ref == r.Ref }): // a page may repeat it
		h.found = append(h.found, r)
		p.own.Target = p.own.Target.Plus(one(r))
	}
	return nil
}

// match compares the records that both have.
func (p *pass) match(ctx context.Context) error {
	for _, h := range p.held {
		if len(h.found) == 0 {
			continue
		}
		record, others := h.take()
		if err := p.differ(ctx, &h.record, &record); err != nil {
			return err
		}
		for i := range others {
			p.gap(Gap{Kind: Twice, Text: p.target.name() + " has this " + p.pair.Book.Type + " a second time"}, &h.record, &others[i], Sum{}.Minus(one(others[i])))
		}
	}
	return nil
}

// add adds what the pass found to the result.
func (p *pass) add(result *Result) {
	result.Source, result.Target = result.Source.Plus(p.own.Source), result.Target.Plus(p.own.Target)
	for _, reason := range p.own.Reasons {
		result.explain(reason.Bucket, reason.Text, reason.Example, reason.Sum)
	}
	for _, gap := range p.own.Gaps {
		if len(result.Gaps) >= p.config.Plan.Named {
			result.Unnamed++
			continue
		}
		result.Gaps = append(result.Gaps, gap)
	}
	result.Unnamed += p.own.Unnamed
}

// gap names a difference of the two records, either of which may be nil.
func (p *pass) gap(g Gap, source, target *connector.Record, effect Sum) {
	if len(p.own.Gaps) >= p.config.Plan.Named {
		p.own.Unnamed++
		return
	}
	g.Effect = effect
	for _, r := range []*connector.Record{target, source} {
		if r != nil {
			g.Entity, g.Name = r.ID, r.Name
		}
	}
	if source != nil {
		g.Within = source.Within
		if source.Err == nil {
			g.Source = &source.Amount
		}
	}
	if target != nil {
		g.Number, g.Ref = target.Number, target.Ref
		if target.Err == nil {
			g.Target = &target.Amount
		}
	}
	g.ID = gapID(p.pair, g)
	p.own.Gaps = append(p.own.Gaps, g)
}

// inside reports whether the time is within the span of the pass.
func (p *pass) inside(at time.Time) bool { return !at.Before(p.span.From) && at.Before(p.span.To) }
