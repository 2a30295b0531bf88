// Package compare has the commands that compare a source with its targets: reconcile, per day to the
// cent, and backfill, which reads the history of a system.
package compare

import (
	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
)

// tool adds the commands of this package to what all commands have.
type tool struct{ *cli.Tool }

// Commands returns the commands of this package.
func Commands(of *cli.Tool) []*cobra.Command {
	a := &tool{of}
	return []*cobra.Command{
		a.reconcileCommand(),
		a.backfillCommand(),
	}
}
