//go:build !rules

package function

import "causeway.example/shared/connector"

// language returns nil: a function is built without the language of rules unless a rule is
// set (make dist RULES=1), because it takes a fifteenth of the program. Settings with a rule
// then stop the start.
func language() connector.Language { return nil }
