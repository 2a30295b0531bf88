package canonical_test

import (
	"encoding/json"
	"strings"
	"testing"

	"causeway.example/shared/canonical"
)

type note struct {
	Text canonical.Text `json:"text,omitzero"`
}

func TestTextTellsThreeStatesApartInJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]canonical.Text{
		`{}`:              {},
		`{"text":null}`:   canonical.NullText(),
		`{"text":""}`:     canonical.NewText(""),
		`{"text":"null"}`: canonical.NewText("null"),
		`{"text":"naïve 🚚 עברית \u003c\u0026\u003e"}`: canonical.NewText("naïve 🚚 עברית <&>"),
	} {
		var got note
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.Text != want {
			t.Errorf("%s read as %#v, %v", body, got.Text, err)
		}
		if data, err := json.Marshal(got); err != nil || string(data) != body {
			t.Errorf("%s written as %s, %v", body, data, err)
		}
	}
}

func TestTextRefusesOtherTypes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"text":1}`, `{"text":true}`, `{"text":{}}`, `{"text":["a"]}`} {
		var got note
		if err := json.Unmarshal([]byte(body), &got); err == nil {
			t.Errorf("%s read as %q", body, got.Text)
		}
	}
}

func TestTextStates(t *testing.T) {
	t.Parallel()
	for situation, c := range map[string]struct {
		text         canonical.Text
		zero, isNull bool
		value        string
	}{
		"absent": {canonical.Text{}, true, false, ""},
		"null":   {canonical.NullText(), false, true, ""},
		"empty":  {canonical.NewText(""), false, false, ""},
		"value":  {canonical.NewText("a"), false, false, "a"},
	} {
		if c.text.IsZero() != c.zero || c.text.IsNull() != c.isNull || c.text.String() != c.value {
			t.Errorf("%s: IsZero %v, IsNull %v, %q", situation, c.text.IsZero(), c.text.IsNull(), c.text)
		}
	}
	if data, err := json.Marshal(canonical.Text{}); err != nil || string(data) != "null" {
		t.Errorf("an absent text without omitzero is written as %s, %v", data, err)
	}
}

func TestCleanRemovesControlCharacters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":           "plain",
		"":                "",
		"a\x00b":          "ab",
		"a\tb\r\nc":       "a b  c",
		"\x7f\u0085end":   "end",
		"e\u0301 and é":   "e\u0301 and é",
		"👩‍🚀 \u200fעברית": "👩‍🚀 \u200fעברית",
		"<script>":        "<script>",
	} {
		clean, changed := canonical.Clean(text)
		if clean != want || changed != (text != want) {
			t.Errorf("Clean(%q) = %q, %v", text, clean, changed)
		}
	}
}

func TestNormalEmailComparesAddresses(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{" Ann@Example.COM\n": "ann@example.com", "": "", "ÄNN@example.com": "änn@example.com"} {
		if got := canonical.NormalEmail(email); got != want {
			t.Errorf("NormalEmail(%q) = %q, want %q", email, got, want)
		}
	}
}

func TestGuestIDIsOnePerAddress(t *testing.T) {
	t.Parallel()
	first, second := canonical.GuestID("Ann@example.com"), canonical.GuestID(" ann@EXAMPLE.com ")
	if first != second || !strings.HasPrefix(first, "guest-") || strings.Contains(first, "@") {
		t.Errorf("one buyer became %q and %q", first, second)
	}
	if other := canonical.GuestID("ben@example.com"); other == first {
		t.Errorf("two buyers share %q", other)
	}
	if got := canonical.GuestID("  "); got != "" {
		t.Errorf("no address gave the id %q", got)
	}
}

func TestCountryReadsWhatSourcesWrite(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"DE": "DE", "de": "DE", " fr ": "FR", "UK": "GB", "uk": "GB", "EL": "GR", "ZZ": "ZZ", "": ""} {
		normal, changed := canonical.Country(code)
		if normal != want || changed != (code != want) {
			t.Errorf("Country(%q) = %q, %v, want %q", code, normal, changed, want)
		}
	}
}

func TestIsCountry(t *testing.T) {
	t.Parallel()
	count := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if canonical.IsCountry(string([]rune{a, b})) {
				count++
			}
		}
	}
	if count != 250 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1 and Kosovo", count)
	}
	for _, code := range []string{"", "D", "DEU", "de", "ZZ", "UK", "EU", "  ", "D ", "AD AE"} {
		if canonical.IsCountry(code) {
			t.Errorf("%q counts as a country", code)
		}
	}
}
