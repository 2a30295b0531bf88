//go:build rules

package function

import (
	"causeway.example/shared/connector"
	"causeway.example/shared/rules"
)

// language returns the language of rules, which a function has if it was built with the tag
// rules (make dist RULES=1).
func language() connector.Language { return rules.Language{} }
