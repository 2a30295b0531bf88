// Package person has the commands about the personal data of one person: privacy, erase.
package person

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
		a.privacyCommand(), a.eraseCommand(),
	}
}
