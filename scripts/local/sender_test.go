package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/scripts/day"
)

// door is a door that answers as a test says: one status per request, then 200.
type door struct {
	answers []int // 0: the connection breaks
	bodies  []string
}

func (d *door) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	d.bodies = append(d.bodies, request.URL.Path+" "+request.Header.Get("X-Id")+" "+string(body))
	status := http.StatusOK
	if len(d.answers) > 0 {
		status, d.answers = d.answers[0], d.answers[1:]
	}
	if status == 0 {
		return nil, errors.New("connection reset")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(http.StatusText(status)))}, nil
}

func mustOpenSenders(t *testing.T, path string, d *door) *senders {
	t.Helper()
	s, err := openSenders(path, "http://door/hooks/", &http.Client{Transport: d})
	must(t, err)
	t.Cleanup(func() { must(t, s.close()) })
	return s
}

func step(id string) day.Delivery {
	return day.Delivery{ID: id, System: "shopify", Header: http.Header{"X-Id": {id}}, Body: []byte("{}"), Order: "memo of " + id}
}

func TestSenderRepeatsUntilTheDoorHasDecided(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers  []int
		requests int
		told     int
	}{
		"accepted at once":        {[]int{200}, 1, 200},
		"unavailable, then there": {[]int{503, 500, 200}, 3, 200},
		"the connection breaks":   {[]int{0, 0, 200}, 3, 200},
		"refused for good":        {[]int{401}, 1, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "book")
			synctest.Test(t, func(t *testing.T) {
				d := &door{answers: c.answers}
				s := mustOpenSenders(t, path, d)
				must(t, s.play(t.Context(), []day.Delivery{step("1")}, time.Minute))
				if want := slices.Repeat([]string{"/hooks/shopify 1 {}"}, c.requests); !slices.Equal(d.bodies, want) {
					t.Errorf("sent %q, want %q", d.bodies, want)
				}
				if got := s.all(); len(got) != 1 || got[0] != (told{"1", c.told, "memo of 1"}) {
					t.Errorf("was told %+v", got)
				}
			})
		})
	}
}

func TestDayGoesOnWithWhatNobodyWasToldAbout(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "book")
	first := mustOpenSenders(t, path, &door{})
	must(t, first.play(t.Context(), []day.Delivery{step("1"), step("2")}, 0))

	// Killed while the answer to the second was being written.
	book, err := os.ReadFile(path)
	must(t, err)
	writeFile(t, path, string(book[:len(book)-5]))

	d := &door{}
	again := mustOpenSenders(t, path, d)
	must(t, again.play(t.Context(), []day.Delivery{step("1"), step("2"), step("3")}, 0))
	if want := []string{"/hooks/shopify 2 {}", "/hooks/shopify 3 {}"}; !slices.Equal(d.bodies, want) {
		t.Errorf("sent %q, want %q", d.bodies, want)
	}
	if third := mustOpenSenders(t, path, d); len(third.all()) != 3 {
		t.Errorf("the book holds %+v, want three answers", third.all())
	}
}

func TestBookThatIsBrokenInTheMiddleIsNotOpened(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "book")
	writeFile(t, path, "{\"id\":\"1\",\"status\":200}\n{\"id\":\n{\"id\":\"3\",\"status\":200}\n")
	_, err := openSenders(path, "", nil)
	wantFailure(t, err, path)
}

func TestSenderStopsWithItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "book")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpenSenders(t, path, &door{answers: slices.Repeat([]int{503}, 1000)})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.play(ctx, []day.Delivery{step("1")}, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
		if len(s.all()) != 0 {
			t.Errorf("was told %+v by a door that never decided", s.all())
		}
	})
}

func TestSampleDayNamesEachStepOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range day.Sample() {
		if seen[d.ID] || len(d.Body) == 0 || len(d.Header) == 0 {
			t.Errorf("step %q: seen before %v, %d bytes, %d headers", d.ID, seen[d.ID], len(d.Body), len(d.Header))
		}
		seen[d.ID] = true
	}
	if first, second := day.Sample(), day.Sample(); len(first) < 100 || len(first) != len(second) {
		t.Errorf("the day has %d steps, then %d", len(first), len(second))
	}
}
