package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/scripts/installation"
	"causeway.example/shared/doctor"
	"causeway.example/shared/operate"
	"causeway.example/shared/privacy"
	"causeway.example/shared/retry"
)

// What did not work is checked again every minute, and everything every hour.
const (
	recheck = time.Minute
	hourly  = 60
	daily   = 24 * hourly
)

// checks are those of the doctor that apply to an engine on one machine.
func (p *program) checks() []doctor.Check {
	examined := p.opened.Doctor()
	examined.Clock, examined.Visibility = p.clock, installation.Visibility
	private := []string{p.options.data}
	if p.given.File != "" {
		private = append(private, p.given.File)
	}
	return append(examined.Checks(), doctor.Private(private...), privacy.Check(p.store, time.Now))
}

// check runs the doctor's checks and prints what needs attention. What is wrong is no
// reason not to start: messages wait, and the view shows it until it is mended.
func (p *program) check(ctx context.Context, out io.Writer) error {
	findings := doctor.Run(ctx, p.checks()...)
	p.noteProblems(ctx, findings)
	p.logVersions(ctx, findings)
	attention := doctor.Attention(findings)
	if len(attention) == 0 {
		_, err := fmt.Fprintf(out, "%s, all fine\n\n", operate.Count(len(findings), "check"))
		return err
	}
	fmt.Fprintf(out, "%s, %d to look at:\n", operate.Count(len(findings), "check"), len(attention))
	if err := doctor.Write(out, attention); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// logVersions logs which versions of vendors end, at start and once a day: months before the end
// they are no problem that the view shows.
func (p *program) logVersions(ctx context.Context, findings []doctor.Finding) {
	for _, f := range findings {
		if f.Check == doctor.Version && f.Level != doctor.Fine {
			p.log.WarnContext(ctx, f.Subject+" "+f.Text, "next", f.Remedy)
		}
	}
}

// doctorTrouble begins what the doctor's troubles are about.
const doctorTrouble = "check "

// noteProblems has the view show the problems among the findings, and no older ones.
func (p *program) noteProblems(ctx context.Context, findings []doctor.Finding) {
	now := map[string]string{}
	for _, f := range findings {
		if f.Level == doctor.Problem {
			now[doctorTrouble+f.Check+" "+f.Subject+" "+f.Text] = "problem: " + f.Subject + ": " + oneLine(f.Text) + " → " + f.Remedy
		}
	}
	for _, about := range slices.Concat(p.trouble.about(doctorTrouble), slices.Sorted(maps.Keys(now))) {
		p.note(ctx, about, now[about])
	}
}

// note records a trouble, or that it is mended, and logs each change once.
func (p *program) note(ctx context.Context, about, text string) {
	if !p.trouble.set(about, text) {
		return
	}
	if text == "" {
		p.log.InfoContext(ctx, "mended: "+about)
		return
	}
	p.log.ErrorContext(ctx, text)
	if p.say != nil {
		p.say(text)
	}
}

// keepChecking checks again until ctx ends: connections fail, subscriptions end, and the
// term of a privacy request runs out.
func (p *program) keepChecking(ctx context.Context) {
	for round := 1; retry.Sleep(ctx, recheck) == nil; round++ {
		if round%hourly == 0 || len(p.trouble.about(doctorTrouble)) > 0 {
			findings := doctor.Run(ctx, p.checks()...)
			if p.noteProblems(ctx, findings); round%daily == 0 {
				p.logVersions(ctx, findings)
			}
		}
	}
}

// oneLine returns the text with its line breaks as semicolons.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
