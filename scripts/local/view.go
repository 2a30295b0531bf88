package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"causeway.example/shared/local"
)

// counter is a number that many can add to.
type counter struct{ n atomic.Int64 }

func (c *counter) add()       { c.n.Add(1) }
func (c *counter) get() int64 { return c.n.Load() }

// Colours of the terminal, used only where there is one.
const (
	plain = "\x1b[0m"
	red   = "\x1b[31m"
	amber = "\x1b[33m"
	green = "\x1b[32m"
)

// view shows the routes live: on a terminal it redraws in place and in colour, else
// it prints a line when something has changed.
type view struct {
	out      io.Writer
	terminal bool
	drawn    int // lines drawn before, to be overwritten
	last     string
	news     atomic.Pointer[string] // stands below the table
}

func newView(out *os.File) *view {
	return &view{out: out, terminal: term.IsTerminal(int(out.Fd())) && os.Getenv("NO_COLOR") == ""}
}

// say shows the text below the table, or as a line of its own where there is no terminal.
func (v *view) say(text string) {
	v.news.Store(&text)
	if !v.terminal {
		fmt.Fprintln(v.out, text)
	}
}

// run redraws until ctx ends.
func (v *view) run(ctx context.Context, p *program, every time.Duration) {
	for wait(ctx, every) == nil {
		v.draw(ctx, p)
	}
}

// draw shows the state of now.
func (v *view) draw(ctx context.Context, p *program) {
	tallies, err := p.store.Tally(ctx)
	if err != nil {
		return // the program is ending
	}
	depths, err := p.store.Depths(ctx)
	if err != nil {
		return
	}
	if !v.terminal {
		v.summary(tallies, depths)
		return
	}
	lines := strings.Split(strings.TrimSuffix(v.table(tallies, depths, p.refused.get()), "\n"), "\n")
	if news := v.news.Load(); news != nil {
		lines = append(lines, *news)
	}
	if v.drawn > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\x1b[J", v.drawn)
	}
	v.drawn = len(lines)
	fmt.Fprintln(v.out, strings.Join(lines, "\n"))
}

// table returns the table of all inboxes and routes.
func (v *view) table(tallies []local.RouteTally, depths []local.Depth, refused int64) string {
	byQueue := map[string]local.Depth{}
	for _, d := range depths {
		byQueue[d.Queue] = d
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-36s %6s %7s %10s %9s %6s\n", "ROUTE", "IN", "QUEUED", "CONFIRMED", "DEFERRED", "DEAD")
	for _, d := range depths {
		if strings.HasSuffix(d.Queue, "-inbox") {
			fmt.Fprintf(&b, "%-36s %6s %7d %10s %9d %s\n", d.Queue, "", d.Visible+d.InFlight, "", d.Deferred, v.paint(d.Dead, red))
		}
	}
	for _, t := range tallies {
		if t.Route == "" {
			continue
		}
		d := byQueue[t.Route]
		fmt.Fprintf(&b, "%-36s %6d %7d %s %s %s\n", t.Route, t.In, d.Visible+d.InFlight,
			v.padded(t.Confirmed, 10, green), v.padded(t.Deferred, 9, amber), v.paint(d.Dead, red))
	}
	fmt.Fprintf(&b, "refused at the door: %d\n", refused)
	return b.String()
}

func (v *view) paint(n int, colour string) string { return v.padded(int64(n), 6, colour) }

// padded returns the number, coloured if it is not 0 and there is a terminal.
func (v *view) padded(n int64, width int, colour string) string {
	text := fmt.Sprintf("%*d", width, n)
	if !v.terminal || n == 0 {
		return text
	}
	return colour + text + plain
}

// summary prints one line when the sums have changed.
func (v *view) summary(tallies []local.RouteTally, depths []local.Depth) {
	var in, confirmed, deferred, dead int64
	queued := 0
	for _, t := range tallies {
		in, confirmed, deferred, dead = in+t.In, confirmed+t.Confirmed, deferred+t.Deferred, dead+t.Dead
	}
	for _, d := range depths {
		queued += d.Visible + d.InFlight
	}
	line := fmt.Sprintf("in %d  queued %d  confirmed %d  deferred %d  dead %d", in, queued, confirmed, deferred, dead)
	if line != v.last {
		fmt.Fprintln(v.out, line)
		v.last = line
	}
}
