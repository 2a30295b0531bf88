package main

import (
	"encoding/json"

	"causeway.example/scripts/installation"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

// ruled returns the choices of the rules for the event as it is translated now, in words, and
// those that differ from the event before.
func (a *tool) ruled(state port.State, before, now *message.Message) (choices []string, changes []operate.Change, err error) {
	config, err := a.connections(state, nil)
	if err != nil {
		return nil, nil, err
	}
	opened, err := installation.Open(config)
	if err != nil {
		return nil, nil, err
	}
	var texts [2][]byte
	for i, m := range []*message.Message{before, now} {
		chosen := map[string]string{}
		choices = nil
		for _, note := range opened.Decide(m) {
			chosen["rule "+note.Field] = note.What
			choices = append(choices, "rule  "+note.Field+": "+note.What)
		}
		if texts[i], err = json.Marshal(chosen); err != nil {
			return nil, nil, err
		}
	}
	changes, err = operate.Diff(texts[0], texts[1])
	return choices, changes, err
}
