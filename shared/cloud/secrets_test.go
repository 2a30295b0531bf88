package cloud_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
)

// safe is a Secrets Manager with one secret, whose value may be changed.
type safe struct {
	value   string
	version string
	down    bool
}

func (s *safe) answer(int, request) answer {
	if s.down {
		return answer{err: errors.New("connection refused")}
	}
	text, err := json.Marshal(s.value)
	return answer{err: err, body: `{"Name":"causeway-test/shop","VersionId":"` + s.version + `","SecretString":` + string(text) + `}`}
}

const secretName = "causeway-test/shop"

// openSafe returns a reader of the safe, on the clock of the bubble it runs in.
func openSafe(t *testing.T, s *safe) (*cloud.Secrets, *script) {
	t.Helper()
	calls := &script{answer: s.answer}
	return cloud.NewSecrets(mustConfig(t, calls), "1.2.3", time.Now), calls
}

func mustHold(t *testing.T, secrets *cloud.Secrets, want string) {
	t.Helper()
	settings, err := secrets.Get(t.Context(), secretName)
	must(t, err)
	if settings["KEY"] != want {
		t.Fatalf("KEY = %q, want %q", settings["KEY"], want)
	}
}

func TestGetAsksAWSOnceInFiveMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &safe{value: `{"KEY":"one"}`, version: "v1"}
		secrets, calls := openSafe(t, s)
		for range 5 {
			mustHold(t, secrets, "one")
		}
		if got := calls.operations(); !slices.Equal(got, []string{"GetSecretValue"}) {
			t.Errorf("calls %v", got)
		}
		s.value, s.version = `{"KEY":"two"}`, "v2"
		time.Sleep(5*time.Minute + time.Second)
		mustHold(t, secrets, "two")
	})
}

func TestGetGoesOnWithTheLastValueWhileAWSIsOutOfReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &safe{value: `{"KEY":"one"}`, version: "v1"}
		secrets, _ := openSafe(t, s)
		mustHold(t, secrets, "one")
		s.down = true
		time.Sleep(time.Hour)
		mustHold(t, secrets, "one")
	})
}

func TestRefreshTellsWhetherTheSecretChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &safe{value: `{"KEY":"one"}`, version: "v1"}
		secrets, calls := openSafe(t, s)
		mustHold(t, secrets, "one")
		refresh := func(want string, wantChanged bool) {
			t.Helper()
			settings, changed, err := secrets.Refresh(t.Context(), secretName)
			if err != nil || settings["KEY"] != want || changed != wantChanged {
				t.Fatalf("Refresh = %q, changed %v, %v; want %q, %v", settings["KEY"], changed, err, want, wantChanged)
			}
		}
		refresh("one", false)
		s.value, s.version = `{"KEY":"two"}`, "v2"
		before := len(calls.operations())
		refresh("one", false) // it was fetched a moment ago
		if asked := len(calls.operations()) - before; asked != 0 {
			t.Errorf("asked %d times within thirty seconds", asked)
		}
		time.Sleep(31 * time.Second)
		refresh("two", true)
		mustHold(t, secrets, "two")
		time.Sleep(31 * time.Second)
		refresh("two", false)
	})
}

func TestRefreshThatFailsKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &safe{value: `{"KEY":"one"}`, version: "v1"}
		secrets, _ := openSafe(t, s)
		mustHold(t, secrets, "one")
		s.down = true
		_, changed, err := secrets.Refresh(t.Context(), secretName)
		mustBe(t, err, fault.Unavailable, fault.Connection, secretName)
		if changed {
			t.Error("a secret that could not be fetched has changed")
		}
		mustHold(t, secrets, "one")
	})
}

func TestSecretsThatCannotBeUsedAreNamedAndNotShown(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"no JSON": `hunter2`, "a list": `["hunter2"]`, "a number": `{"KEY":1234567}`, "null": `null`, "cut off": `{"KEY":"hunter2`,
	} {
		synctest.Test(t, func(t *testing.T) {
			secrets, _ := openSafe(t, &safe{value: value, version: "v1"})
			_, err := secrets.Get(t.Context(), secretName)
			mustBe(t, err, fault.Rejected, fault.Config, secretName)
			if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "1234567") {
				t.Errorf("%s: the error shows the secret: %v", name, err)
			}
		})
	}
}

func TestSecretsThatCannotBeReadAreClassified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script *script
		kind   fault.Kind
		class  fault.Class
	}{
		"missing":     {answers(refusal(400, "ResourceNotFoundException")), fault.Rejected, fault.Config},
		"denied":      {answers(refusal(400, "AccessDeniedException")), fault.Unauthorized, fault.Auth},
		"undecrypted": {answers(refusal(400, "DecryptionFailure")), fault.Unauthorized, fault.Auth},
		"no version":  {answers(refusal(400, "ResourceNotFoundException")), fault.Rejected, fault.Config},
		"bytes":       {answers(ok(`{"VersionId":"v1","SecretBinary":"AAAA"}`)), fault.Rejected, fault.Config},
		"down":        {answers(answer{status: 500}), fault.Unavailable, fault.Intermittent},
	} {
		synctest.Test(t, func(t *testing.T) {
			t.Log(name)
			_, err := cloud.NewSecrets(mustConfig(t, c.script), "1.2.3", time.Now).Get(t.Context(), secretName)
			mustBe(t, err, c.kind, c.class, secretName)
		})
	}
}

func TestManyReadASecretAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secrets, calls := openSafe(t, &safe{value: `{"KEY":"one"}`, version: "v1"})
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				if i%2 == 0 {
					mustHold(t, secrets, "one")
				} else if _, _, err := secrets.Refresh(t.Context(), secretName); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if asked := len(calls.operations()); asked > 4 {
			t.Errorf("AWS was asked %d times", asked)
		}
	})
}
