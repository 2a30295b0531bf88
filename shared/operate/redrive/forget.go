package redrive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// exportsKey is the State key of the ids of purges, newest first. listKey holds operations of
// every kind, so that a purge leaves it long before its export expires.
const exportsKey = "operate|exports"

const mostExports = 1000 // in that list

// Exported returns the letters in a body of the vault if it is an export, nil otherwise. A line
// that cannot be read is left out.
func (o *Operator) Exported(data []byte) []port.Incoming {
	if !bytes.HasPrefix(data, []byte(`{"schema":"`+lineSchema+`"`)) {
		return nil
	}
	var letters []port.Incoming
	for line := range bytes.Lines(data) {
		if in, ok := letterOf(line); ok {
			letters = append(letters, in)
		}
	}
	return letters
}

func letterOf(line []byte) (port.Incoming, bool) {
	var l Line
	if err := json.Unmarshal(line, &l); err != nil || l.Schema != lineSchema {
		return port.Incoming{}, false
	}
	return port.Incoming{Queue: routes.Dead(l.Queue), MessageID: l.MessageID, SentAt: l.SentAt, Attributes: l.Attributes, Body: l.Body}, true
}

// Forget replaces every export of a purge that has a letter for which concerns is true by one
// without it, and returns the number of letters left out. A restore sends the others. The
// replaced body stays in the vault: the caller deletes it (package privacy does).
func (o *Operator) Forget(ctx context.Context, concerns func(port.Incoming) (bool, error)) (letters int, err error) {
	var ids, older []string
	if _, err := o.get(ctx, exportsKey, &ids); err != nil {
		return 0, err
	}
	if _, err := o.get(ctx, listKey, &older); err != nil {
		return 0, err
	}
	ids = append(ids, older...)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		n, err := o.forget(ctx, id, concerns)
		if letters += n; err != nil {
			return letters, err
		}
	}
	return letters, nil
}

func (o *Operator) forget(ctx context.Context, id string, concerns func(port.Incoming) (bool, error)) (letters int, err error) {
	var op Operation
	if _, err := o.get(ctx, operationKey(id), &op); err != nil {
		return 0, err
	}
	var kept []Export
	for _, export := range op.Exports {
		text, err := o.Vault.Load(ctx, export.Claim)
		if err != nil {
			return 0, err
		}
		rest, n, err := without(text, concerns)
		if err != nil {
			return 0, err
		}
		if n > 0 && len(rest) > 0 {
			if export.Claim, err = o.Vault.Store(ctx, rest); err != nil {
				return 0, err
			}
		}
		export.Count -= n
		if letters += n; len(rest) > 0 {
			kept = append(kept, export)
		}
	}
	if letters == 0 {
		return 0, nil
	}
	op.Exports = kept
	return letters, o.saveOperation(ctx, &op)
}

// without returns the lines of an export that do not concern, byte for byte, and how many do.
func without(text []byte, concerns func(port.Incoming) (bool, error)) (rest []byte, left int, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(make([]byte, 0, 64<<10), mostLine)
	for lines.Scan() {
		in, ok := letterOf(lines.Bytes())
		yes := false
		if ok {
			if yes, err = concerns(in); err != nil {
				return nil, 0, err
			}
		}
		if yes {
			left++
			continue
		}
		rest = append(append(rest, lines.Bytes()...), '\n')
	}
	return rest, left, lines.Err()
}
