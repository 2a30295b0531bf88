// Package admission is a stub.
package admission

import (
	"context"
	"time"

	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/port"
	"causeway/shared/retry"
)

type Breaker struct{ Probes, Return retry.Patience }
type Policy struct{ Breaker Breaker }

func DefaultPolicy() Policy { return Policy{} }

type Config struct {
	port.Runtime
	Worker *retry.Worker
	Retry  retry.Policy
	Policy Policy
}
type Target struct{}

func New(config Config, profile connector.Profile) *Target { return &Target{} }

type Gate struct {
	Until  time.Time
	Outage bool
}

func (t *Target) Gate(ctx context.Context, sentAt time.Time) (Gate, error) { return Gate{}, nil }

type Call struct {
	Event, Entity, Operation string
	Lane                     message.Lane
	SentAt                   time.Time
}

func (t *Target) Enter(ctx context.Context, call Call) (*Passage, time.Time, error) {
	return &Passage{}, time.Time{}, nil
}

type Passage struct{}

func (p *Passage) Probing() bool                                         { return false }
func (p *Passage) Leave(ctx context.Context, answer Answer) time.Time { return time.Time{} }

type Answer struct {
	Asked, Wrote bool
	Fault        *fault.Error
	Pause        time.Duration
	Began        time.Time
}

func (t *Target) Rest(ctx context.Context) error { return nil }
