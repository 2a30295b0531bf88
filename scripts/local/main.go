// Command local runs Causeway on one machine, in one process: the engine, every
// connector, and a fake for each system that no real account was configured for.
// It plays a sample day through the real HTTP door, shows it in the terminal, and
// keeps running; with -demo it plays the day from an empty folder, audits the
// result at the fakes' own books, and exits with 1 if anything was lost or doubled.
//
// Everything it knows lies in one folder, so that it goes on where it was after any
// kind of end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // not every machine has the time zones that shops and business dates are in

	"causeway.example/scripts/installation"
	"causeway.example/shared/retry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "causeway:", err)
	}
	os.Exit(code)
}

// Exit codes of the command.
const (
	exitOK    = 0
	exitError = 1 // could not run, or the audit found something lost or doubled
	exitUsage = 2
)

// options are the command's flags, and what a test may hasten.
type options struct {
	port     int
	data     string
	settings string
	demo     bool
	pace     time.Duration
	policy   retry.Policy
}

// parseFlags reads the flags; if they are wrong it has said so itself.
func parseFlags(args []string) (options, bool) {
	o := options{policy: retry.DefaultPolicy()}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.IntVar(&o.port, "port", 4600, "first port of the block: the door; the fakes follow, one port each")
	flags.StringVar(&o.data, "data", "data", "folder that holds all state")
	flags.StringVar(&o.settings, "settings", installation.DefaultSettings, "file with settings, KEY=VALUE lines; the environment wins")
	flags.BoolVar(&o.demo, "demo", false, "play the sample day from an empty folder, audit it, and exit")
	flags.DurationVar(&o.pace, "pace", 100*time.Millisecond, "pause between two deliveries of the sample day")
	return o, flags.Parse(args) == nil
}

func run(ctx context.Context, args []string) (int, error) {
	o, ok := parseFlags(args)
	if !ok {
		return exitUsage, nil
	}
	if o.demo {
		return demo(ctx, o)
	}
	return stay(ctx, o)
}
