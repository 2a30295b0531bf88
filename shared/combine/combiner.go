package combine

import (
	"context"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Combiner makes one request of up to Most questions with the same key. It may be used by
// several goroutines, and keeps nothing between calls.
type Combiner[K comparable, Q, A any] struct {
	Most int
	// Do answers the questions, one result for each in their order. Its context ends a
	// second before the earliest of theirs. A panic fails each question as a defect.
	Do func(ctx context.Context, key K, questions []Q) []Result[A]
}

// Result is the answer to one question.
type Result[A any] struct {
	Answer A
	Err    error
}

// Ask returns the answer to the question. It waits until its batch went out and was answered, or
// its context ended, after which it is unknown whether the question was asked. The exchange of the context gets that of the batch's last request, without the bodies if the
// request was one of several questions.
func (c *Combiner[K, Q, A]) Ask(ctx context.Context, key K, question Q) (A, error) {
	m, joined := ctx.Value(memberKey{}).(*member)
	if !joined {
		m = newMember(NewParty(1))
	}
	s := &seat[Q, A]{member: m, question: question, ctx: ctx, done: make(chan struct{})}
	c.sit(key, s)
	select {
	case <-s.done:
	case <-ctx.Done():
		c.rise(s)
		var none A
		return none, &fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous, Detail: "its batch was not answered in time", Err: ctx.Err()}
	}
	if into := connector.ExchangeOf(ctx); into != nil && s.exchange != (connector.Exchange{}) {
		*into = s.exchange
	}
	return s.result.Answer, s.result.Err
}

// sit puts the seat into its batch, and sends out what is full or complete.
func (c *Combiner[K, Q, A]) sit(key K, s *seat[Q, A]) {
	p := s.member.party
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.member.gone { // a second question of one message
		go (&table[K, Q, A]{combiner: c, key: key, seats: []*seat[Q, A]{s}}).run()
		return
	}
	i := slices.IndexFunc(p.batches, func(b batch) bool { return b.of(c, key) })
	if i < 0 {
		i = len(p.batches)
		p.batches = append(p.batches, &table[K, Q, A]{combiner: c, key: key})
	}
	t, _ := p.batches[i].(*table[K, Q, A])
	t.seats = append(t.seats, s)
	p.waiting++
	if len(t.seats) >= c.Most {
		p.batches = slices.Delete(p.batches, i, i+1)
		p.send(t)
	}
	p.settle()
}

// rise takes a question out of its batch, unless that went out.
func (c *Combiner[K, Q, A]) rise(s *seat[Q, A]) {
	p := s.member.party
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.member.gone {
		return
	}
	s.member.gone = true
	p.open--
	p.waiting--
	for i, b := range p.batches {
		t, ours := b.(*table[K, Q, A])
		if !ours || !slices.Contains(t.seats, s) {
			continue
		}
		if t.seats = slices.DeleteFunc(t.seats, func(other *seat[Q, A]) bool { return other == s }); len(t.seats) == 0 {
			p.batches = slices.Delete(p.batches, i, i+1)
		}
		break
	}
	p.settle()
}

// seat is one question that waits for its answer.
type seat[Q, A any] struct {
	member   *member
	question Q
	ctx      context.Context //nolint:containedctx // of the caller, who waits for the batch in it
	done     chan struct{}   // closed when the rest is set
	result   Result[A]
	exchange connector.Exchange
}

// table is a batch.
type table[K comparable, Q, A any] struct {
	combiner *Combiner[K, Q, A]
	key      K
	seats    []*seat[Q, A]
}

func (t *table[K, Q, A]) of(combiner, key any) bool {
	return combiner == any(t.combiner) && key == any(t.key)
}

func (t *table[K, Q, A]) members() []*member {
	all := make([]*member, len(t.seats))
	for i, s := range t.seats {
		all[i] = s.member
	}
	return all
}

// run asks for all seats, and answers each.
func (t *table[K, Q, A]) run() {
	var exchange connector.Exchange
	results := t.answers(&exchange)
	if len(t.seats) > 1 {
		exchange.Request, exchange.Answer = "", ""
	}
	for i, s := range t.seats {
		s.exchange = exchange
		if s.result = (Result[A]{Err: fault.New(fault.Unknown, fault.Bug, "combining requests", "the batch has no answer to this question")}); i < len(results) {
			s.result = results[i]
		}
		close(s.done)
	}
}

func (t *table[K, Q, A]) answers(exchange *connector.Exchange) (results []Result[A]) {
	defer func() {
		if recover() != nil {
			results = nil
		}
	}()
	ctx, cancel := t.context()
	defer cancel()
	questions := make([]Q, len(t.seats))
	for i, s := range t.seats {
		questions[i] = s.question
	}
	return t.combiner.Do(connector.WithExchange(ctx, exchange), t.key, questions)
}

// handing is the time that is left for handing out the answers.
const handing = time.Second

// context ends a little before the earliest of the seats' contexts. It is not cancelled with one of
// several: the others need the answer.
func (t *table[K, Q, A]) context() (context.Context, context.CancelFunc) {
	if len(t.seats) == 1 {
		return context.WithCancel(t.seats[0].ctx)
	}
	ctx, first := context.WithoutCancel(t.seats[0].ctx), time.Time{}
	for _, s := range t.seats {
		if end, bounded := s.ctx.Deadline(); bounded && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	if first.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, first.Add(-handing))
}
