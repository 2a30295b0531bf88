package woocommerce_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

var update = flag.Bool("update", false, "rewrite the approved files")

// outcome is a translation in the form of the approved files.
type outcome struct {
	Skip   string          `json:"skip,omitempty"`
	Error  string          `json:"error,omitempty"`
	Events []approvedEvent `json:"events,omitempty"`
}

type approvedEvent struct {
	Type      string           `json:"type"`
	Entity    string           `json:"entity"`
	At        time.Time        `json:"at"`
	UpdatedAt time.Time        `json:"updated_at"`
	Hint      time.Time        `json:"hint,omitzero"`
	Parents   []string         `json:"parents,omitempty"`
	Notes     []connector.Note `json:"notes,omitempty"`
	Body      any              `json:"body"`
}

func approve(translation connector.Translation, err error) outcome {
	if err != nil {
		return outcome{Error: fault.KindOf(err).String() + ": " + err.Error()}
	}
	made := outcome{Skip: translation.Skip}
	for _, e := range translation.Events {
		approved := approvedEvent{
			Type: e.Type, Entity: e.Entity.String(), At: e.At, UpdatedAt: e.UpdatedAt, Hint: e.Hint, Notes: e.Notes, Body: e.Body,
		}
		for _, parent := range e.Parents {
			approved.Parents = append(approved.Parents, parent.String())
		}
		made.Events = append(made.Events, approved)
	}
	return made
}

func TestRecordedDeliveriesBecomeTheApprovedEvents(t *testing.T) {
	t.Parallel()
	source := mustOpen(t, nil).Source
	for _, name := range []string{
		"order.created", "order.updated", "order.updated.completed", "order.updated.refunded", "order.updated.cancelled",
		"order.deleted", "customer.created", "customer.updated", "product.created",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received, err := source.Receive(t.Context(), mustRecorded(t, name))
			if err != nil {
				t.Fatalf("Receive: %v", err)
			}
			translation, err := source.Translate(t.Context(), received)
			checkApproved(t, filepath.Join("testdata", name, "want.json"), approve(translation, err))
			for _, e := range translation.Events {
				if err := canonical.Validate(e.Body); err != nil {
					t.Errorf("%s is invalid: %v", e.Type, err)
				}
			}
		})
	}
}

func checkApproved(t *testing.T, path string, made outcome) {
	t.Helper()
	got, err := json.MarshalIndent(made, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}
