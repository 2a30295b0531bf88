package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway.example/shared/local"
)

// get asks a handler and returns its answer.
func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

func figures() ([]local.RouteTally, []local.Depth) {
	return []local.RouteTally{{Route: "", In: 99}, {Route: "a-orders-to-b", In: 9, Confirmed: 4, Deferred: 7}},
		[]local.Depth{{Queue: "a-inbox", Visible: 1, InFlight: 2, Dead: 3}, {Queue: "a-orders-to-b", Visible: 2, InFlight: 1, Deferred: 7, Dead: 5}}
}

func TestTableHasALinePerInboxAndRoute(t *testing.T) {
	t.Parallel()
	tallies, depths := figures()
	const want = `
ROUTE                                    IN  QUEUED  CONFIRMED  DEFERRED   DEAD
a-inbox                                           3                    0      3
a-orders-to-b                             9       3          4         7      5
refused at the door: 6
`
	if got := (&view{}).table(tallies, depths, 6); got != want[1:] {
		t.Errorf("table is\n%swant%s", got, want)
	}
}

func TestColoursAreForTerminalsAndForWhatIsNotZero(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terminal bool
		n        int64
		want     string
	}{
		"a terminal":          {true, 7, red + " 7" + plain},
		"nothing to see":      {true, 0, " 0"},
		"a file or a pipe":    {false, 7, " 7"},
		"wider than its room": {false, 1234, "1234"},
	} {
		if got := (&view{terminal: c.terminal}).padded(c.n, 2, red); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSummaryIsPrintedWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	v := &view{out: &out}
	tallies, depths := figures()
	v.summary(tallies, depths)
	v.summary(tallies, depths)
	depths[0].Visible = 0
	v.summary(tallies, depths)
	if want := "in 108  queued 6  confirmed 4  deferred 7  dead 0\nin 108  queued 5  confirmed 4  deferred 7  dead 0\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestTerminalIsRedrawnInPlace(t *testing.T) {
	t.Parallel()
	p := stood(t, "", nil)
	var out strings.Builder
	v := &view{out: &out, terminal: true}
	v.draw(t.Context(), p)
	lines := strings.Count(out.String(), "\n")
	v.draw(t.Context(), p)
	if moved := fmt.Sprintf("\x1b[%dA\x1b[J", lines); lines < 9 || strings.Count(out.String(), moved) != 1 {
		t.Errorf("%d lines, then %q", lines, out.String())
	}
	v.say("the day is over")
	v.draw(t.Context(), p)
	v.draw(t.Context(), p)
	if moved := fmt.Sprintf("\x1b[%dA\x1b[J", lines+1); strings.Count(out.String(), moved) != 1 || !strings.HasSuffix(out.String(), "the day is over\n") {
		t.Errorf("the news is not redrawn with the table: %q", out.String())
	}
}
