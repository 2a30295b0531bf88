package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/redact"
)

const (
	mostLines = 20                  // of one message that are shown, the newest
	around    = time.Minute         // before the first and after the last step of a message
	lookBack  = 14 * 24 * time.Hour // of a message without steps
)

// logLines returns what the functions logged of a message, the oldest first, by any of its ids.
// Addresses are masked again, whatever masked them before. What could not be searched is said.
func (a *tool) logLines(ctx context.Context, d *cli.Desk, steps []operate.Step, ids ...string) ([]string, error) {
	if d.Log == nil {
		return []string{}, nil
	}
	q := engine.LogQuery{IDs: ids, From: a.Now().Add(-lookBack), To: a.Now(), Most: mostLines}
	for i, step := range steps {
		if at := step.At.Add(-around); i == 0 || at.Before(q.From) {
			q.From = at
		}
	}
	found, whole, err := d.Log.Lines(ctx, q)
	if fault.KindOf(err) == fault.Unauthorized {
		return []string{"the log was not searched: these credentials may not read it"}, nil
	}
	lines := []string{}
	for _, line := range found {
		text := redact.Emails(logText([]byte(line.Text)))
		if line.Function != "" && !strings.Contains(text, "function=") {
			text += " function=" + line.Function
		}
		lines = append(lines, text)
	}
	if !whole {
		lines = append(lines, "the log is too long to be searched whole; the console of CloudWatch Logs has the rest")
	}
	return lines, err
}

// logText returns a JSON line of the log as text: time, level and message first.
func logText(line []byte) string {
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		return string(line)
	}
	at, message := fields["time"], fields["msg"]
	if at == nil { // Lambda's own names
		at, message = fields["timestamp"], fields["message"]
	}
	text := fmt.Sprint(at, " ", fields["level"], " ", message)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains([]string{"time", "timestamp", "level", "msg", "message"}, name) {
			text += fmt.Sprintf(" %s=%v", name, fields[name])
		}
	}
	return text
}

func (a *tool) showLog(w io.Writer, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, "\nwhat the log says")
	for _, line := range lines {
		fmt.Fprintln(w, screen.Wrap(line, "  ", a.Width))
	}
}
