package sim

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// parcel is a message in a queue.
type parcel struct {
	id       int64  // of its handles
	message  int64  // the queue's message id: the same for each copy that the queue delivers
	label    string // event id, for checker and timeline
	visible  time.Time
	receives int
	sent     time.Time
	out      port.Outgoing
}

// numberOfHandle is the id of the parcel that a handle names.
func numberOfHandle(handle string) int64 {
	id, _, _ := strings.Cut(handle, ".")
	number, _ := strconv.ParseInt(id, 10, 64)
	return number
}

func (h *parcel) handle() string {
	return strconv.FormatInt(h.id, 10) + "." + strconv.Itoa(h.receives)
}

// queue begins a call that concerns the named queue.
func (s *store) queue(ctx context.Context, name string) (end func(), err error) {
	if end, err = s.begin(ctx); err != nil {
		return nil, err
	}
	if _, ok := s.queues[name]; !ok {
		end()
		return nil, fault.New(fault.Rejected, fault.Config, "using queue "+name, "there is no such queue")
	}
	return end, nil
}

func (s *store) add(name, label string, out port.Outgoing) {
	now := s.now()
	out.Body, out.Attributes = bytes.Clone(out.Body), maps.Clone(out.Attributes)
	id := s.newID()
	s.put(name, &parcel{id: id, message: id, label: label, visible: now, sent: now, out: out})
}

func (s *store) put(name string, h *parcel) {
	s.queues[name] = append(s.queues[name], h)
	s.changed(name, h.visible)
}

func (s *store) changed(name string, visible time.Time) {
	if s.bell != nil {
		s.bell(name, visible)
	}
}

// Send implements port.Queue.
func (s *store) Send(ctx context.Context, name string, batch []port.Outgoing) error {
	end, err := s.queue(ctx, name)
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
		s.add(name, eventOf(out.Attributes, out.Body), out)
	}
	return nil
}

// Receive implements port.Queue. It does not wait, and keeps no order.
func (s *store) Receive(ctx context.Context, name string, limit int, _ time.Duration) ([]port.Incoming, error) {
	end, err := s.queue(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	var batch []port.Incoming
	for _, h := range s.visible(name) {
		if len(batch) == limit {
			break
		}
		if !strings.HasSuffix(name, routes.Dead("")) && h.receives >= s.maxReceives {
			s.bury(name, h)
			continue
		}
		h.receives++
		h.visible = s.now().Add(s.visibility)
		s.changed(name, h.visible)
		batch = append(batch, h.incoming(name))
	}
	return batch, nil
}

// retention is how long a queue keeps a message, whatever waits for it.
const retention = 4 * 24 * time.Hour

// visible returns what may be received now, in an order that the seed decides. What is
// too old is gone.
func (s *store) visible(name string) []*parcel {
	now := s.now()
	if !strings.HasSuffix(name, routes.Dead("")) { // dead letters are kept longer than any case lasts
		s.queues[name] = slices.DeleteFunc(s.queues[name], func(h *parcel) bool { return now.Sub(h.sent) > retention })
	}
	var found []*parcel
	for _, h := range s.queues[name] {
		if !h.visible.After(now) {
			found = append(found, h)
		}
	}
	if s.shuffle != nil {
		s.shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	}
	return found
}

// next returns when the next message of the queue becomes visible; zero if it is empty.
func (s *store) next(name string) time.Time {
	var first time.Time
	for _, h := range s.queues[name] {
		if first.IsZero() || h.visible.Before(first) {
			first = h.visible
		}
	}
	return first
}

func (h *parcel) incoming(queue string) port.Incoming {
	return port.Incoming{
		Queue: queue, Handle: h.handle(), MessageID: strconv.FormatInt(h.message, 10), Body: bytes.Clone(h.out.Body),
		Attributes: maps.Clone(h.out.Attributes), ReceiveCount: h.receives, SentAt: h.sent,
	}
}

func (s *store) bury(name string, h *parcel) {
	s.take(name, h)
	h.out.Attributes = maps.Clone(h.out.Attributes)
	if h.out.Attributes == nil {
		h.out.Attributes = map[string]string{}
	}
	h.out.Attributes[port.AttrReason] = "unknown (crash or timeout)"
	h.receives, h.visible = 0, s.now()
	s.put(routes.Dead(name), h)
}

func (s *store) take(name string, h *parcel) {
	s.queues[name] = slices.DeleteFunc(s.queues[name], func(other *parcel) bool { return other == h })
}

// held returns the message of a handle; nil if the handle is stale.
func (s *store) held(in port.Incoming) *parcel {
	list := s.queues[in.Queue]
	id, _, _ := strings.Cut(in.Handle, ".")
	at := slices.IndexFunc(list, func(h *parcel) bool { return strconv.FormatInt(h.id, 10) == id && h.handle() == in.Handle })
	if at < 0 {
		return nil
	}
	return list[at]
}

// Delete implements port.Queue.
func (s *store) Delete(ctx context.Context, in port.Incoming) error {
	end, err := s.queue(ctx, in.Queue)
	if err != nil {
		return err
	}
	defer end()
	if h := s.held(in); h != nil {
		s.take(in.Queue, h)
	}
	return nil
}

// Defer implements port.Queue. A stale handle is fault.Rejected of class stale.
func (s *store) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	end, err := s.queue(ctx, in.Queue)
	if err != nil {
		return err
	}
	defer end()
	h := s.held(in)
	if h == nil {
		return fault.New(fault.Rejected, fault.Stale, "deferring message "+in.MessageID+" of queue "+in.Queue, "it was received by another since, or is gone")
	}
	h.visible = until
	s.changed(in.Queue, until)
	return nil
}

// label returns the event id of what was received.
func (s *store) label(in port.Incoming) string {
	if h := s.held(in); h != nil {
		return h.label
	}
	return eventOf(in.Attributes, in.Body)
}

// eventOf returns the event that a message carries, "" if it cannot be told.
func eventOf(attributes map[string]string, body []byte) string {
	if m, err := message.Decode(body); attributes[port.AttrEvent] == "" && err == nil {
		return m.ID // as it came from the bus
	}
	return attributes[port.AttrEvent]
}

// haunt delivers the message once more under its message id: one that was deleted returns,
// as standard queues allow, or one that is in flight is visible to others too.
func (s *store) haunt(h *parcel, name string, pause time.Duration) {
	again := *h
	again.id, again.receives = s.newID(), 0
	again.visible = s.now().Add(pause)
	s.put(name, &again)
}

// copy puts a copy of the message into a queue, as one who sends it again does.
func (s *store) copy(h *parcel, name string, pause time.Duration) {
	again := *h
	again.id, again.receives = s.newID(), 0
	again.message, again.sent, again.visible = again.id, s.now(), s.now().Add(pause)
	s.put(name, &again)
}

// Publish implements port.Bus: after an error nothing was published.
func (s *store) Publish(ctx context.Context, messages []*message.Message) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	bodies, trees := make([][]byte, len(messages)), make([]routes.EventTree, len(messages))
	for i, each := range messages {
		if bodies[i], err = each.Encode(); err == nil {
			err = port.Outgoing{Body: bodies[i]}.Check()
		}
		if err == nil {
			trees[i], err = tree(each)
		}
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Doing: "publishing message " + each.ID, Err: err}
		}
	}
	for i, body := range bodies {
		for _, b := range s.branches {
			if b.pattern.MatchTree(trees[i]) {
				s.add(b.queue, messages[i].ID, port.Outgoing{Body: body})
			}
		}
	}
	return nil
}

func tree(m *message.Message) (routes.EventTree, error) {
	event, err := m.Event()
	if err != nil {
		return routes.EventTree{}, err
	}
	return routes.DecodeEvent(event)
}
