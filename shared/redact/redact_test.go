package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/redact"
)

const (
	canaryMail   = "ada.lovelace@canary.example"
	canarySecret = "canary-secret-1234"
)

func TestEmails(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "",
		"no address":                        "no address",
		"from " + canaryMail + " twice":     "from ***@*** twice",
		`"` + canaryMail + `" <a@b>`:        `"***@***" <***@***>`,
		"GET /x?email=ada%40canary.example": "GET ***@***",
	} {
		if got := redact.Emails(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestMaskHidesEachMemberOfAList(t *testing.T) {
	t.Parallel()
	var m redact.Mask
	if got := m.Text("no secrets yet"); got != "no secrets yet" {
		t.Errorf("masked %q", got)
	}
	m.Hide("first-secret, second-secret", "abc", "")
	m.Hide("third-secret")
	if got := m.Text("first-secret second-secret abc a@b.example third-secret"); got != "*** *** abc ***@*** ***" {
		t.Errorf("masked %q", got)
	}
}

type named struct{ Email canonical.Text }

// TestHandlerMasksEveryKindOfValue logs a canary in each form that slog knows.
func TestHandlerMasksEveryKindOfValue(t *testing.T) {
	t.Parallel()
	var m redact.Mask
	m.Hide(canarySecret)
	email := canonical.NewText(canaryMail)
	for form, value := range map[string]any{
		"a text":            canaryMail,
		"a secret":          "Bearer " + canarySecret,
		"an error":          fmt.Errorf("asking for %s: %w", canaryMail, errors.New(canarySecret)),
		"an error of none":  errors.New(""),
		"bytes":             []byte(canaryMail),
		"raw JSON":          json.RawMessage(`{"email":"` + canaryMail + `"}`),
		"a body":            &canonical.Customer{ID: "7", Email: email},
		"bodies":            []canonical.Customer{{ID: "7", FirstName: canonical.NewText(canarySecret)}},
		"a struct":          named{email},
		"a map":             map[string]any{"to": email, "text": canaryMail},
		"a group":           slog.GroupValue(slog.String("a", canaryMail), slog.Any("b", email)),
		"a text marshaller": marshaller(canaryMail),
	} {
		var out bytes.Buffer
		log := slog.New(m.Handler(&out, slog.LevelInfo, nil))
		log.With("with", value).WithGroup("g").Info("said "+canaryMail, "value", value)
		if text := out.String(); strings.Contains(text, "canary") || !strings.Contains(text, "said ***@***") || !json.Valid(out.Bytes()) {
			t.Errorf("%s: %s", form, text)
		}
	}
}

type marshaller string

func (m marshaller) MarshalText() ([]byte, error) { return []byte(m), nil }

func TestHandlerKeepsWhatIsNotHidden(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var m redact.Mask
	rename := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.MessageKey {
			a.Key = "message"
		}
		return a
	}
	log := slog.New(m.Handler(&out, slog.LevelWarn, rename))
	log.Info("not said")
	log.Warn("said", "n", 3, "took", time.Second, "at", time.Unix(0, 0).UTC(), "list", []string{"a", "b"}, "on", true)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"level": "WARN", "message": "said", "n": 3.0, "took": 1e9, "at": "1970-01-01T00:00:00Z", "list": "[a b]", "on": true,
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
}

// FuzzMask: whatever surrounds a secret, it does not stay.
func FuzzMask(f *testing.F) {
	f.Add("a", "b")
	f.Fuzz(func(t *testing.T, before, after string) {
		var m redact.Mask
		m.Hide(canarySecret)
		if got := m.Text(before + canarySecret + after); strings.Contains(got, canarySecret) {
			t.Errorf("it stays: %q", got)
		}
	})
}
