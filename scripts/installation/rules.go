package installation

import (
	"slices"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/routes"
)

// Decide returns a note for each choice of the rules about the message at each target that
// gets it, such as {netsuite subsidiary: 3, by NETSUITE_RULE_SUBSIDIARY}, and for each rule
// that fails.
func (i Installation) Decide(m *message.Message) (notes []connector.Note) {
	for _, route := range routes.Table {
		if route.From != m.System() || !slices.Contains(route.Types, m.Type) {
			continue
		}
		for _, note := range i.at(route.To, m) {
			notes = append(notes, connector.Note{Field: route.To + " " + note.Field, What: note.What})
		}
	}
	return notes
}

func (i Installation) at(target string, m *message.Message) (notes []connector.Note) {
	if i.Skip != nil {
		reason, _, err := i.Skip(m, m.Body, target)
		switch {
		case err != nil:
			notes = append(notes, connector.Note{Field: "failed", What: err.Error()})
		case reason != "":
			notes = append(notes, connector.Note{Field: "skipped", What: reason})
		}
	}
	set := i.Systems[target].Rules
	if set == nil {
		return notes
	}
	chosen, err := set.Decide(m, m.Body, target)
	if err != nil {
		return append(notes, connector.Note{Field: "failed", What: err.Error()})
	}
	return append(notes, chosen.All()...)
}
