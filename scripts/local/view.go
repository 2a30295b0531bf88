package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"causeway.example/shared/local"
	"causeway.example/shared/retry"
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

// view shows the routes live: on a terminal it redraws in place, else it prints a line when
// something has changed.
type view struct {
	out      io.Writer
	terminal bool
	colour   bool
	size     func() (width, height int) // of the terminal now
	drawn    []int                      // lengths of the lines drawn before, to be overwritten
	last     string
	news     atomic.Pointer[string] // shown below the table
}

func newView(out *os.File) *view {
	v := &view{out: out, terminal: term.IsTerminal(int(out.Fd()))}
	v.colour = v.terminal && os.Getenv("NO_COLOR") == ""
	v.size = func() (int, int) {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil {
			return 80, 24
		}
		return width, height
	}
	return v
}

// say shows the text below the table, or as a line of its own where there is no terminal.
func (v *view) say(text string) {
	v.news.Store(&text)
	if !v.terminal {
		fmt.Fprintln(v.out, text)
	}
}

// announce shows words on a terminal, and prints the line where there is none.
func (v *view) announce(words, line string) {
	v.news.Store(&words)
	if !v.terminal {
		fmt.Fprintln(v.out, line)
	}
}

// run redraws until ctx ends.
func (v *view) run(ctx context.Context, p *program, every time.Duration) {
	for retry.Sleep(ctx, every) == nil {
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
	width, _ := v.size()
	if news := v.news.Load(); news != nil {
		lines = append(lines, wrapped(*news, width-1)...)
	}
	for _, text := range p.trouble.all() {
		for _, line := range wrapped(text, width-1) {
			lines = append(lines, v.painted(line, red))
		}
	}
	if needs, err := p.needs(ctx, depths); err == nil && needs != "" {
		lines = append(lines, v.painted(needs, amber))
	}
	v.redraw(lines)
}

// wrapped breaks a text into lines of a width, between words where it can.
func wrapped(text string, width int) (lines []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimLeft(line+" "+word, " ")
		}
		lines = append(lines, line)
	}
	return lines
}

// redraw overwrites what was drawn before. A line is cut to the width of the terminal. Where
// the terminal has become narrower since, it has wrapped the lines drawn before: they fill
// more rows now. Lines that do not fit its height are left out at the top, below the heading.
func (v *view) redraw(lines []string) {
	width, height := v.size()
	width = max(width, 2)
	rows := 0
	for _, length := range v.drawn {
		rows += 1 + max(0, length-1)/width
	}
	if rows = min(rows, height-1); rows > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\r\x1b[J", rows)
	}
	if most := max(height-1, 2); len(lines) > most {
		lines = append(lines[:1:1], lines[len(lines)-most+1:]...)
	}
	v.drawn = v.drawn[:0]
	for _, line := range lines {
		cut, length := clip(line, width-1)
		fmt.Fprintln(v.out, cut)
		v.drawn = append(v.drawn, length)
	}
}

// clip returns the line cut to a number of visible characters, and how many it has.
func clip(line string, width int) (cut string, length int) {
	escaped := false
	for i, r := range line {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = r != 'm'
		case length == width:
			return line[:i] + plain, length
		default:
			length++
		}
	}
	return line, length
}

// rowFormat has a column for each term of IN = CONFIRMED + SUPERSEDED + SKIPPED + WAITING +
// DEAD, and 79 characters for numbers below 10,000.
const rowFormat = "%-32s %4s %9s %10s %7s %7s %4s\n"

// table returns the table of all inboxes and routes. A row adds up except for the moment
// between the end of a message's journey and its removal from the queue.
func (v *view) table(tallies []local.RouteTally, depths []local.Depth, refused int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, rowFormat, "ROUTE", "IN", "CONFIRMED", "SUPERSEDED", "SKIPPED", "WAITING", "DEAD")
	for _, d := range depths {
		if strings.HasSuffix(d.Queue, "-inbox") {
			fmt.Fprintf(&b, rowFormat, d.Queue, "", "", "", "", v.number(int64(d.Visible+d.InFlight+d.Deferred), 7, amber), v.number(int64(d.Dead), 4, red))
		}
	}
	for _, t := range tallies {
		if t.Route == "" {
			continue
		}
		fmt.Fprintf(&b, rowFormat, strings.Replace(t.Route, "-to-", " → ", 1), v.number(t.In, 4, ""), v.number(t.Confirmed, 9, green),
			v.number(t.Superseded, 10, ""), v.number(t.Skipped, 7, ""), v.number(t.Waiting, 7, amber), v.number(t.Letters, 4, red))
	}
	fmt.Fprintf(&b, "rejected at the door: %d\n", refused)
	return b.String()
}

// number returns the number padded to the width, coloured unless it is 0.
func (v *view) number(n int64, width int, colour string) string {
	text := fmt.Sprintf("%*s", width, short(n))
	if n == 0 {
		return text
	}
	return v.painted(text, colour)
}

func (v *view) painted(text, colour string) string {
	if !v.colour || colour == "" {
		return text
	}
	return colour + text + plain
}

// short writes a number in four characters: 9999, 12k, 1.2M.
func short(n int64) string {
	switch {
	case n < 10_000:
		return strconv.FormatInt(n, 10)
	case n < 1_000_000:
		return strconv.FormatInt(n/1000, 10) + "k"
	case n < 10_000_000:
		return fmt.Sprintf("%d.%dM", n/1_000_000, n/100_000%10)
	}
	return strconv.FormatInt(n/1_000_000, 10) + "M"
}

// summary prints one line when the sums have changed.
func (v *view) summary(tallies []local.RouteTally, depths []local.Depth) {
	var sum local.RouteTally
	for _, t := range tallies {
		sum.In, sum.Confirmed, sum.Superseded, sum.Skipped = sum.In+t.In, sum.Confirmed+t.Confirmed, sum.Superseded+t.Superseded, sum.Skipped+t.Skipped
	}
	for _, d := range depths {
		sum.Waiting, sum.Letters = sum.Waiting+int64(d.Visible+d.InFlight+d.Deferred), sum.Letters+int64(d.Dead)
	}
	line := fmt.Sprintf("in %d  confirmed %d  superseded %d  skipped %d  waiting %d  dead %d", sum.In, sum.Confirmed, sum.Superseded, sum.Skipped, sum.Waiting, sum.Letters)
	if line != v.last {
		fmt.Fprintln(v.out, line)
		v.last = line
	}
}
