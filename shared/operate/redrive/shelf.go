package redrive

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Export is a part of the letters of a purge, in the vault.
type Export struct {
	Claim message.Claim `json:"claim"`
	Count int           `json:"count"`
}

// Line is one letter of an export: a JSON object per line.
type Line struct {
	Schema     string            `json:"schema"` // "causeway.letter/v1"
	Queue      string            `json:"queue"`  // in which it died
	MessageID  string            `json:"message_id"`
	SentAt     time.Time         `json:"sent_at"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Body       []byte            `json:"body"` // base64
}

const (
	lineSchema = "causeway.letter/v1"
	partBytes  = 8 << 20 // of an export in the vault
)

func lineOf(queue string, in port.Incoming) Line {
	return Line{Schema: lineSchema, Queue: queue, MessageID: in.MessageID, SentAt: in.SentAt.UTC(), Attributes: in.Attributes, Body: in.Body}
}

// Export writes the selected letters, a line each, and returns their number. It
// changes nothing.
func (o *Operator) Export(ctx context.Context, s operate.Selector, to io.Writer) (n int, err error) {
	encoder := json.NewEncoder(to)
	var failed error
	err = o.DeadLetters(ctx, s, func(l operate.Letter, in port.Incoming) bool {
		n++
		failed = encoder.Encode(lineOf(l.Queue, in))
		return failed == nil
	})
	return n, cmp.Or(err, failed)
}

// exported returns the letters of the plan that may be deleted: those that an export has. It
// exports them first, unless that was done before. A letter that another process holds while
// the queue is read is in no export: it counts as gone, and stays in its queue.
func (r *run) exported(ctx context.Context) (items []Item, err error) {
	if len(r.op.Exports) == 0 {
		if err := r.exportAll(ctx); err != nil {
			return nil, err
		}
	}
	has := map[string]bool{}
	for _, export := range r.op.Exports {
		text, err := r.operator.Vault.Load(ctx, export.Claim)
		if err != nil {
			return nil, err
		}
		for _, in := range r.operator.Exported(text) {
			has[in.MessageID] = true
		}
	}
	for _, item := range r.plan.Items {
		if has[item.MessageID] {
			items = append(items, item)
			continue
		}
		r.op.Counts.Gone++
		r.op.Counts.Remaining--
	}
	return items, nil
}

// exportAll puts the letters of the plan into the vault and reads them back. Only then the
// operation has exports.
func (r *run) exportAll(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, item := range r.plan.Items {
		wanted[item.MessageID] = true
	}
	var part bytes.Buffer
	var exports []Export
	count := 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		e, err := r.shelve(ctx, part.Bytes(), count)
		exports, count = append(exports, e), 0
		part.Reset()
		return err
	}
	for _, queue := range r.plan.Queues() {
		var failed error
		err := r.operator.Letters.Browse(ctx, routes.Dead(queue), func(in port.Incoming) bool {
			if !wanted[in.MessageID] {
				return true
			}
			if failed = json.NewEncoder(&part).Encode(lineOf(queue, in)); failed != nil {
				return false
			}
			if count++; part.Len() >= partBytes {
				failed = flush()
			}
			return failed == nil
		})
		if err := cmp.Or(err, failed); err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	r.op.Exports = exports
	return r.operator.saveOperation(ctx, r.op)
}

// shelve stores a part and compares it with the bytes that the vault returns.
func (r *run) shelve(ctx context.Context, text []byte, count int) (Export, error) {
	e := Export{Count: count}
	var err error
	if e.Claim, err = r.operator.Vault.Store(ctx, text); err != nil {
		return e, err
	}
	back, err := r.operator.Vault.Load(ctx, e.Claim)
	if err != nil {
		return e, err
	}
	if !bytes.Equal(back, text) || bytes.Count(back, []byte("\n")) != count {
		return e, fault.New(fault.Unknown, fault.Bug, "exporting letters", "the vault returned other bytes than were stored")
	}
	return e, nil
}

// Restore sends the letters of a purge to their dead-letter queues, each once, however often
// it is called. It returns their number.
func (o *Operator) Restore(ctx context.Context, id string) (n int, err error) {
	op, err := o.Operation(ctx, id)
	if err != nil {
		return 0, err
	}
	if op.Kind != Purge {
		return 0, &fault.Error{Kind: fault.Rejected, Class: fault.Value, Code: "not_a_purge", Doing: "restoring operation " + id, Detail: "it is a " + string(op.Kind) + ": only a purge can be restored"}
	}
	r := &run{operator: o, op: &op}
	for _, export := range op.Exports {
		text, err := o.Vault.Load(ctx, export.Claim)
		if err != nil {
			return n, err
		}
		restored, err := r.restore(ctx, bytes.NewReader(text), "restored", false)
		if n += restored; err != nil {
			return n, err
		}
	}
	return n, nil
}

// Import puts the letters of an export into their dead-letter queues, each once per name of
// the import; with dry it only reads and counts them.
func (o *Operator) Import(ctx context.Context, name string, from io.Reader, dry bool) (n int, err error) {
	r := &run{operator: o, op: &Operation{ID: "import-" + name}}
	return r.restore(ctx, from, "imported", dry)
}

// mostLine is the longest line of an export: a message in base64, with its attributes.
const mostLine = 4 << 20

func (r *run) restore(ctx context.Context, from io.Reader, did string, dry bool) (n int, err error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), mostLine)
	for number := 1; lines.Scan(); number++ {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.Schema != lineSchema {
			return n, fault.New(fault.Invalid, fault.Schema, "reading an export", fmt.Sprintf("line %d is not a letter of schema %s", number, lineSchema))
		}
		if n++; dry {
			continue
		}
		key := "operate|" + did + "|" + r.op.ID + "|" + l.MessageID
		var before journaled
		if done, err := r.operator.get(ctx, key, &before); err != nil {
			return n, err
		} else if done {
			continue
		}
		out := port.Outgoing{Body: l.Body, Attributes: l.Attributes}
		if err := r.operator.Sender.Send(ctx, routes.Dead(l.Queue), []port.Outgoing{out}); err != nil {
			return n, err
		}
		if err := r.journal(ctx, key, l.Attributes[port.AttrEvent]); err != nil {
			return n, err
		}
	}
	return n, lines.Err()
}
