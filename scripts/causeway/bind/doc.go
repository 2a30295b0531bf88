// Package bind has the command about the targets' ids of entities, and of what maps lead to:
// crosswalk export, crosswalk import.
package bind

import (
	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/cli"
)

// tool adds the commands of this package to what all commands have.
type tool struct{ *cli.Tool }

// Commands returns the commands of this package.
func Commands(of *cli.Tool) []*cobra.Command {
	a := &tool{of}
	return []*cobra.Command{a.crosswalkCommand()}
}
