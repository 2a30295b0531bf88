// Package move has the commands that move dead letters or say who works on them: redrive,
// redirect, purge, resolve, apply, restore, op (move.go), and export, import, edit, notes on groups,
// route pause and resume (groups.go).
package move

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
		a.redriveCommand(), a.redirectCommand(), a.applyCommand(), a.purgeCommand(), a.restoreCommand(), a.resolveCommand(), a.opCommand(), a.ackCommand(), a.assignCommand(), a.ignoreCommand(), a.exportCommand(), a.importCommand(), a.editCommand(), a.routeCommand(),
	}
}
