package porttest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// held is a message in a queue.
type held struct {
	id       int64
	visible  time.Time
	receives int
	sent     time.Time
	out      port.Outgoing
}

func (h *held) handle() string {
	return strconv.FormatInt(h.id, 10) + "." + strconv.Itoa(h.receives)
}

// queue begins a call that concerns the named queue.
func (m *Memory) queue(ctx context.Context, name string) (end func(), err error) {
	if end, err = m.begin(ctx); err != nil {
		return nil, err
	}
	if _, ok := m.queues[name]; !ok {
		end()
		return nil, fault.New(fault.Rejected, fault.Config, "using queue "+name, "there is no such queue")
	}
	return end, nil
}

// place keeps the queue in the order in which messages become visible, and those
// of one instant in the order of sending.
func (m *Memory) place(name string, h *held) {
	at, _ := slices.BinarySearchFunc(m.queues[name], h, byVisibility)
	m.queues[name] = slices.Insert(m.queues[name], at, h)
}

func byVisibility(a, b *held) int {
	return cmp.Or(a.visible.Compare(b.visible), cmp.Compare(a.id, b.id))
}

// lift takes the message of a handle out of its queue; nil if the handle is stale.
func (m *Memory) lift(in port.Incoming) *held {
	h := m.received[in.Handle]
	if h == nil {
		return nil
	}
	list := m.queues[in.Queue]
	at, found := slices.BinarySearchFunc(list, h, byVisibility)
	if !found || list[at] != h {
		return nil // in another queue by now
	}
	m.queues[in.Queue] = slices.Delete(list, at, at+1)
	return h
}

func (m *Memory) add(name string, out port.Outgoing) {
	now := m.now()
	out.Body, out.Attributes = bytes.Clone(out.Body), maps.Clone(out.Attributes)
	m.place(name, &held{id: m.newID(), visible: now, sent: now, out: out})
}

// Send implements port.Queue.
func (m *Memory) Send(ctx context.Context, name string, batch []port.Outgoing) error {
	end, err := m.queue(ctx, name)
	if err != nil {
		return err
	}
	defer end()
	for _, out := range batch {
		if err := out.Check(); err != nil {
			return fault.Doing("sending to queue "+name, err)
		}
	}
	for _, out := range batch {
		m.add(name, out)
	}
	return nil
}

// Receive implements port.Queue. It does not wait.
func (m *Memory) Receive(ctx context.Context, name string, limit int, _ time.Duration) ([]port.Incoming, error) {
	end, err := m.queue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	now := m.now()
	var batch []port.Incoming
	for len(batch) < limit && len(m.queues[name]) > 0 && !m.queues[name][0].visible.After(now) {
		h := m.queues[name][0]
		m.queues[name] = m.queues[name][1:]
		if !strings.HasSuffix(name, routes.Dead("")) && h.receives >= m.MaxReceives {
			m.bury(name, h)
			continue
		}
		delete(m.received, h.handle())
		h.receives++
		h.visible = now.Add(m.Visibility)
		m.place(name, h)
		m.received[h.handle()] = h
		batch = append(batch, h.incoming(name))
	}
	return batch, nil
}

func (h *held) incoming(queue string) port.Incoming {
	return port.Incoming{
		Queue: queue, Handle: h.handle(), MessageID: strconv.FormatInt(h.id, 10), Body: bytes.Clone(h.out.Body),
		Attributes: maps.Clone(h.out.Attributes), ReceiveCount: h.receives, SentAt: h.sent,
	}
}

func (m *Memory) bury(name string, h *held) {
	if h.out.Attributes == nil {
		h.out.Attributes = map[string]string{}
	}
	h.out.Attributes["reason"] = "unknown (crash or timeout)"
	delete(m.received, h.handle())
	h.receives, h.visible = 0, m.now()
	m.place(routes.Dead(name), h)
}

// Delete implements port.Queue.
func (m *Memory) Delete(ctx context.Context, in port.Incoming) error {
	end, err := m.queue(ctx, in.Queue)
	if err != nil {
		return err
	}
	defer end()
	if m.lift(in) != nil {
		delete(m.received, in.Handle)
	}
	return nil
}

// Defer implements port.Queue. A stale handle is fault.Rejected of class stale.
func (m *Memory) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	end, err := m.queue(ctx, in.Queue)
	if err != nil {
		return err
	}
	defer end()
	h := m.lift(in)
	if h == nil {
		return fault.New(fault.Rejected, fault.Stale, "deferring message "+in.MessageID+" of queue "+in.Queue, "it was received by another since, or is gone")
	}
	h.visible = until
	m.place(in.Queue, h)
	return nil
}

// Left returns how many messages are in the queues that are not dead-letter queues.
func (m *Memory) Left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := 0
	for name, list := range m.queues {
		if !strings.HasSuffix(name, routes.Dead("")) {
			left += len(list)
		}
	}
	return left
}
