package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway.example/shared/local"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// get asks a handler and returns its answer.
func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

func figures() ([]local.RouteTally, []local.Depth) {
	return []local.RouteTally{
			{Route: "", In: 99},
			{Route: "woocommerce-customers-to-netsuite", In: 31, Confirmed: 4, Superseded: 5, Skipped: 6, Waiting: 9, Letters: 7},
			{Route: "a-orders-to-b", In: 1_234_567, Confirmed: 1_234_567},
		},
		[]local.Depth{{Queue: "a-inbox", Visible: 1, InFlight: 2, Deferred: 3, Dead: 3}, {Queue: "a-orders-to-b", Visible: 2, InFlight: 1, Deferred: 7, Dead: 5}}
}

func TestTableHasALinePerInboxAndRoute(t *testing.T) {
	t.Parallel()
	tallies, depths := figures()
	const want = `
ROUTE                              IN CONFIRMED SUPERSEDED SKIPPED WAITING DEAD
a-inbox                                                                  6    3
woocommerce-customers → netsuite   31         4          5       6       9    7
a-orders → b                     1.2M      1.2M          0       0       0    0
rejected at the door: 6
`
	got := (&view{}).table(tallies, depths, 6)
	if got != want[1:] {
		t.Errorf("table is\n%swant%s", got, want)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n >= 80 {
			t.Errorf("%d characters wide: %s", n, line)
		}
	}
}

func TestColoursAreForTerminalsAndForWhatIsNotZero(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		colour bool
		n      int64
		want   string
	}{
		"a terminal":          {true, 7, red + " 7" + plain},
		"nothing to see":      {true, 0, " 0"},
		"a file or a pipe":    {false, 7, " 7"},
		"wider than its room": {false, 1234, "1234"},
		"thousands":           {false, 12_345, "12k"},
		"many":                {false, 23_456_789, "23M"},
	} {
		if got := (&view{colour: c.colour}).number(c.n, 2, red); got != c.want {
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
	const line = "in 1234697  confirmed 1234571  superseded 5  skipped 6  waiting %d  dead 8\n"
	if want := fmt.Sprintf(line, 16) + fmt.Sprintf(line, 15); out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

// screen is a terminal that wraps lines: it keeps what stands on it and where the cursor is.
type screen struct {
	width int
	rows  []string // the last one is the cursor's
}

func (s *screen) Write(data []byte) (int, error) {
	if s.rows == nil {
		s.rows = []string{""}
	}
	text := string(data)
	for text != "" {
		last := len(s.rows) - 1
		var up int
		switch {
		case strings.HasPrefix(text, "\x1b["):
			code, rest, _ := strings.Cut(text[2:], text[2+strings.IndexAny(text[2:], "AJm"):][:1])
			kind := text[2+len(code)]
			text = rest
			if kind == 'A' {
				up, _ = strconv.Atoi(code)
				s.rows = s.rows[:max(1, len(s.rows)-up)] // the view clears below at once
			} else if kind == 'J' {
				s.rows[last] = ""
			}
		case text[0] == '\r':
			text = text[1:]
		case text[0] == '\n':
			s.rows, text = append(s.rows, ""), text[1:]
		default:
			r, size := utf8.DecodeRuneInString(text)
			if utf8.RuneCountInString(s.rows[last]) == s.width {
				s.rows = append(s.rows, "")
				last++
			}
			s.rows[last] += string(r)
			text = text[size:]
		}
	}
	return len(data), nil
}

// resize wraps what stands on the screen anew, as terminals do.
func (s *screen) resize(width int) {
	old := s.rows
	*s = screen{width: width}
	for _, row := range old {
		for utf8.RuneCountInString(row) > width {
			cut := string([]rune(row)[:width])
			s.rows, row = append(s.rows, cut), strings.TrimPrefix(row, cut)
		}
		s.rows = append(s.rows, row)
	}
}

func TestTerminalIsRedrawnInPlaceAtEveryWidth(t *testing.T) {
	t.Parallel()
	s := &screen{width: 100}
	height := 30
	v := &view{out: s, terminal: true, colour: true, size: func() (int, int) { return s.width, height }}
	fmt.Fprintln(s, "before")
	lines := []string{"heading", strings.Repeat("x", 70), red + "a problem" + plain, "1 order needs you"}
	for _, width := range []int{100, 100, 80, 40, 25, 60, 120} {
		if s.width != width {
			s.resize(width)
		}
		v.redraw(lines)
		var want []string
		for _, line := range []string{"heading", strings.Repeat("x", 70), "a problem", "1 order needs you"} {
			want = append(want, line[:min(len(line), width-1)])
		}
		if got := s.rows[1 : len(s.rows)-1]; s.rows[0] != "before" || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d wide: %q", width, s.rows)
		}
	}
	height = 4
	v.redraw(lines)
	if got := s.rows[len(s.rows)-4 : len(s.rows)-1]; got[0] != "heading" || got[2] != "1 order needs you" {
		t.Errorf("in 4 rows: %q", s.rows)
	}
}

func TestDrawShowsNewsTroublesAndNeeds(t *testing.T) {
	t.Parallel()
	p := stood(t, "", nil)
	var out strings.Builder
	v := &view{out: &out, terminal: true, size: func() (int, int) { return 80, 50 }}
	v.draw(t.Context(), p)
	if text := out.String(); strings.Contains(text, "need") {
		t.Errorf("something needs us: %s", text)
	}
	v.say("the day is over")
	p.trouble.set("poll shopify", "problem: shopify is not polled")
	entity := map[string]string{port.AttrEntity: keyOf("order", "1001").String()}
	must(t, p.store.Send(t.Context(), routes.Dead("shopify-orders-to-netsuite"), []port.Outgoing{{Body: []byte("{}"), Attributes: entity}, {Body: []byte("{}"), Attributes: entity}}))
	out.Reset()
	v.draw(t.Context(), p)
	if text := out.String(); !strings.HasSuffix(text, "the day is over\nproblem: shopify is not polled\n1 order needs you: bin/causeway why\n") {
		t.Errorf("drawn %q", text)
	}
}

func TestNeedsInWords(t *testing.T) {
	t.Parallel()
	for want, counts := range map[string]map[string]int{
		"1 order needs you":                              {"order": 1},
		"2 orders need you":                              {"order": 2},
		"1 customer and 2 deliveries need you":           {"customer": 1, "delivery": 2},
		"1 customer, 1 delivery and 3 payments need you": {"customer": 1, "delivery": 1, "payment": 3},
	} {
		if got := inWords(counts); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLongTextIsWrappedBetweenWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"one two three":            "one two|three",
		"one\ntwo  three":          "one|two|three",
		"a-very-long-word and one": "a-very-long-word|and one",
	} {
		if got := strings.Join(wrapped(text, 8), "|"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestAnnouncementIsInWordsOnATerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	v := &view{out: &out}
	v.announce("in words", "a line")
	if out.String() != "a line\n" {
		t.Errorf("printed %q", out.String())
	}
	v.terminal = true
	v.announce("in words", "a line")
	if out.String() != "a line\n" || *v.news.Load() != "in words" {
		t.Errorf("printed %q", out.String())
	}
}

func TestResultIsSaidInWords(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		result  result
		letters map[string]int
	}{
		"The sample day is over: 2 deliveries were accepted. The books of all fakes agree: nothing was lost, and nothing was done twice.": {result{Accepted: 2}, nil},
		"The sample day is over: 1 delivery was accepted, and 1 change that no delivery reported was found by polling. " +
			"The books of the fakes do NOT agree: 1 document lost and 2 documents done twice; the lines above name them.": {result{Accepted: 1, Found: 1, Lost: 1, Duplicated: 2}, nil},
		"The sample day is over: 2 deliveries were accepted. The books of all fakes agree: nothing was lost, and nothing was done twice.\n1 order needs you: the dead letters above have the reason. " +
			"`make run` plays the same day and keeps running; there, look into it with `bin/causeway why`.": {result{Accepted: 2}, map[string]int{"order": 1}},
	} {
		if got := c.result.words(c.letters); got != want {
			t.Errorf("said\n%s\nwant\n%s", got, want)
		}
	}
}
