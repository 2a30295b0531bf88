package installation

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/events"
	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/settings"
)

// openWith opens the fakes with the settings of a file's lines.
func openWith(t *testing.T, given ...string) (Installation, error) {
	t.Helper()
	read, err := Read("", given)
	if err != nil {
		t.Fatal(err)
	}
	return Open(t.Context(), Config{
		Given: read,
		Deps: func(string) connector.Deps {
			return connector.Deps{HTTP: http.DefaultTransport, Now: time.Now, Random: rand.Reader}
		},
		Fake: func(system functions.System, _ int, _ []string) (map[string]string, error) {
			fake, err := system.Fake(t.TempDir(), time.Now)
			if err != nil {
				return nil, err
			}
			return fake.Settings("http://127.0.0.1:1"), nil
		},
	})
}

// TestRulesAreOpenedBesideAFake: a rule alone points no system at a real account.
func TestRulesAreOpenedBesideAFake(t *testing.T) {
	t.Parallel()
	opened, err := openWith(t, `NETSUITE_RULE_SUBSIDIARY=if .currency == "EUR" then "3" else null end`, `CAUSEWAY_RULE_SKIP=if $target == "netsuite" and .id == "820982911946154508" then "the sample" else null end`, `NETSUITE_RULE_STATUS=null`)
	if err != nil || !opened.Fakes["netsuite"] {
		t.Fatalf("opened %v, %v", opened.Fakes, err)
	}
	sample, err := events.Sample("order.placed")
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Decode(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := []connector.Note{{Field: "netsuite skipped", What: "the sample, by CAUSEWAY_RULE_SKIP"}, {Field: "netsuite subsidiary", What: "3, by NETSUITE_RULE_SUBSIDIARY"}}
	if got := opened.Decide(m); !slices.Equal(got, want) {
		t.Errorf("the rules chose %v, want %v", got, want)
	}
}

func TestARuleThatFailsStopsTheStartWithItsRemedy(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`NETSUITE_RULE_SUBSIDIARY=3`: `netsuite has a setting to be put right:` + "\n  " + `NETSUITE_RULE_SUBSIDIARY gives a number, and must give the text of an internal id such as "3", or null for no opinion; in: 3`,
		`CAUSEWAY_RULE_HOLD=.id`:     "CAUSEWAY_RULE_HOLD gives a text of another form than true, or a reason",
	} {
		_, err := openWith(t, given)
		if _, explained := errors.AsType[*settings.Error](err); !explained || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", given, err, want)
		}
	}
}
