// Command causeway is the operator's command: what is dead and why, what happened to an
// order, and how to put it right. It works on the data folder of a local engine, also while
// the engine runs, or on an installation on AWS.
//
// Data goes to stdout; progress, questions and errors go to stderr. The exit code says what
// came out.
//
// This package only puts the command together. Its parts: cli opens what a command works on,
// screen prints; ask, move, systems, person, compare and bind have the commands.
package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/signal"
	"os/user"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"causeway.example/scripts/causeway/ask"
	"causeway.example/scripts/causeway/bind"
	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/causeway/compare"
	"causeway.example/scripts/causeway/move"
	"causeway.example/scripts/causeway/person"
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/causeway/systems"
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
	tool := &cli.Tool{
		Screen: screen.Screen{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Width: width,
			Terminal: term.IsTerminal(int(os.Stderr.Fd())) && term.IsTerminal(int(os.Stdin.Fd())),
		},
		Random: rand.Float64, Sleep: retry.Sleep, Who: who(), Transport: webapi.NewTransport(), Environment: os.Environ(), Poll: time.Second,
	}
	os.Exit(tool.Run(ctx, root(tool), os.Args[1:]))
}

// root returns the whole command.
func root(of *cli.Tool) *cobra.Command {
	return of.Root(slices.Concat(ask.Commands(of), move.Commands(of), systems.Commands(of), person.Commands(of), compare.Commands(of), bind.Commands(of))...)
}

// who returns the name of the person at the keyboard, for the ledger.
func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
