package connector_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"causeway.example/shared/connector"
)

const canary = "canary-secret-text"

type credentials struct {
	User    string
	Secret  connector.Secret
	Pointer *connector.Secret
	List    []connector.Secret
	Map     map[string]connector.Secret
}

func newCredentials() credentials {
	secret := connector.Secret(canary)
	return credentials{"ann", secret, &secret, []connector.Secret{secret}, map[string]connector.Secret{"a": secret}}
}

func TestSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	secret := connector.Secret(canary)
	hexed := fmt.Sprintf("%x", canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%f", "%c", "%U", "%b", "%20s", "%.3s", "%-5v", "%!"} {
		for _, value := range []any{secret, &secret, []connector.Secret{secret}, map[string]connector.Secret{"a": secret}, newCredentials()} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, canary) || strings.Contains(text, "can") || strings.Contains(strings.ToLower(text), hexed) {
				t.Errorf("%s of %T prints %s", verb, value, text)
			}
		}
		if text := fmt.Sprintf(verb, secret); !strings.Contains(text, "***") && verb != "%!" {
			t.Errorf("%s prints %q, want ***", verb, text)
		}
	}
	for name, text := range map[string]string{
		"String": secret.String(), "Sprint": fmt.Sprint(secret), "Sprintln": fmt.Sprintln(secret),
		"an error": errors.Join(fmt.Errorf("signing with %v: %w", secret, errors.ErrUnsupported)).Error(),
	} {
		if strings.Contains(text, canary) || !strings.Contains(text, "***") {
			t.Errorf("%s gives %q", name, text)
		}
	}
}

func TestSecretIsNotMarshalled(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(newCredentials())
	if err != nil || bytes.Contains(data, []byte(canary)) || !bytes.Contains(data, []byte(`"Secret":"***"`)) {
		t.Errorf("JSON: %s, %v", data, err)
	}
	data, err = xml.Marshal(struct {
		XMLName xml.Name
		Secret  connector.Secret `xml:"secret,attr"`
		Element connector.Secret
	}{Secret: canary, Element: canary, XMLName: xml.Name{Local: "a"}})
	if err != nil || bytes.Contains(data, []byte(canary)) {
		t.Errorf("XML: %s, %v", data, err)
	}
}

func TestSecretIsNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		logger := slog.New(handler)
		secret := connector.Secret(canary)
		logger.Info("one", "secret", secret, "pointer", &secret)
		logger.Info("many", "list", []connector.Secret{secret}, "all", newCredentials())
		logger.With("secret", secret).WithGroup("g").Info("group", slog.Group("h", "secret", secret), slog.Any("all", newCredentials()))
	}
	if value := slog.AnyValue(connector.Secret(canary)).Resolve(); value.Any() != any("***") {
		t.Errorf("a handler of another kind is handed %v", value.Kind())
	}
	if strings.Contains(log.String(), canary) || !strings.Contains(log.String(), "***") {
		t.Errorf("logged: %s", log.String())
	}
}

func TestSecretIsRevealedOnRequest(t *testing.T) {
	t.Parallel()
	if got := connector.Secret(canary).Reveal(); got != canary {
		t.Errorf("Reveal = %q", got)
	}
	var read struct{ Secret connector.Secret }
	if err := json.Unmarshal([]byte(`{"Secret":"`+canary+`"}`), &read); err != nil || read.Secret.Reveal() != canary {
		t.Errorf("read from JSON: %q, %v", read.Secret.Reveal(), err)
	}
}
