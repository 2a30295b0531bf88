// Package ask has the commands that only read: status, why, dlq, trace, inspect, doctor.
package ask

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
		a.statusCommand(), a.dlqCommand(), a.whyCommand(), a.inspectCommand(), a.traceCommand(), a.doctorCommand(),
	}
}
