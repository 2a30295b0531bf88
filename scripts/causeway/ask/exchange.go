package ask

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/connector"
	"causeway.example/shared/operate"
)

// showExchanges prints the requests to targets and their answers: in one line each, and with
// their bodies the last one that failed.
func (a *tool) showExchanges(w io.Writer, steps []operate.Step) {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s operate.Step) bool { return s.Exchange == nil })
	if len(steps) == 0 {
		return
	}
	fmt.Fprintln(w, "\nrequests to targets, personal data masked")
	var lines []string
	last := -1
	for i, s := range steps {
		attempt := fmt.Sprintf("  attempt %d", max(s.Attempt, 1))
		lines = append(lines, strings.Join([]string{attempt, place(s), answered(s.Exchange)}, "\t"))
		if s.Exchange.Request+s.Exchange.Answer != "" {
			last = i
		}
	}
	screen.Table(w, lines...)
	if last >= 0 {
		x := steps[last].Exchange
		fmt.Fprintf(w, "\n  %s %s\n", x.Method, x.Path)
		a.Field(w, "sent", x.Request)
		a.Field(w, "answer", cmp.Or(x.Answer, "(none)"))
	}
}

// answered describes an answer: "400, request id 4f1c".
func answered(x *connector.Exchange) string {
	text := "no answer"
	if x.Status != 0 {
		text = fmt.Sprint(x.Status)
	}
	if x.RequestID != "" {
		text += ", request id " + x.RequestID
	}
	return text
}
