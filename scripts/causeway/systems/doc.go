// Package systems has the commands that translate or sign with a connector: replay, diff, map
// test, verify-webhook, webhook send.
package systems

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
		a.diffCommand(), a.replayCommand(), a.mapCommand(), a.verifyCommand(), a.webhookCommand(),
	}
}
