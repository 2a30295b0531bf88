package rules

import (
	"encoding/json"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// skipSettings are the rules that skip messages of any route.
type skipSettings struct {
	Skip connector.Expression `env:"CAUSEWAY_RULE_SKIP" rule:"reason" over:"order customer payment refund"` // for good: what depends on it is skipped with it
	Hold connector.Expression `env:"CAUSEWAY_RULE_HOLD" rule:"reason" over:"order customer payment refund"` // a later state may pass: what depends on it waits
}

// SkipSettings returns the keys of the rules that skip messages of any route.
func SkipSettings() []string { return connector.Expressions(skipSettings{}) }

// Skip compiles the rules that skip messages, and returns what applies them: the Skip of a
// pipeline's configuration. It is nil if no such rule is set. Errors are those of Open.
func Skip(language connector.Language, settings map[string]string) (func(m *message.Message, body []byte, target string) (reason string, final bool, err error), error) {
	var given skipSettings
	if err := connector.ParseSettings(settings, &given); err != nil {
		return nil, err
	}
	set, err := Open(language, "", given)
	if err != nil || set == nil {
		return nil, err
	}
	return set.skip, nil
}

func (s *Set) skip(m *message.Message, body []byte, target string) (reason string, final bool, err error) {
	chosen, err := s.decide(target, m, json.RawMessage(body))
	if err != nil {
		return "", false, err
	}
	if reason = chosen.Of("CAUSEWAY_RULE_SKIP", ""); reason != "" {
		return reason, true, nil
	}
	return chosen.Of("CAUSEWAY_RULE_HOLD", ""), false, nil
}
