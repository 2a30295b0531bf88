// Command causeway is the operator's command: what is dead and why, what happened to an
// order, and how to put it right. It works on the data folder of a local engine, also while
// the engine runs, or on an installation on AWS (cloud.go).
//
// Data goes to stdout; progress, questions and errors go to stderr. The exit code says what
// came out (exit.go).
package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/signal"
	"os/user"
	"time"

	"golang.org/x/term"

	"causeway.example/shared/retry"
	"causeway.example/shared/webapi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || width <= 0 {
		width = 120
	}
	tool := &tool{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, random: rand.Float64, sleep: retry.Sleep, width: width,
		terminal: term.IsTerminal(int(os.Stderr.Fd())) && term.IsTerminal(int(os.Stdin.Fd())),
		who:      who(), transport: webapi.NewTransport(), environment: os.Environ(), poll: time.Second,
	}
	os.Exit(tool.run(ctx, os.Args[1:]))
}

// who returns the name of the person at the keyboard, for the ledger.
func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
