// Package screen prints the answers of the operator's command: as text in columns, as JSON,
// through a jq expression. It also asks the operator, and has the exit codes.
package screen
