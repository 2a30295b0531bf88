package intake_test

import (
	"context"
	"strconv"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// versionedFiles keeps every version of its files, as a bucket with versioning does.
type versionedFiles map[string][]string

// put stores a version and returns its name.
func (f versionedFiles) put(key, content string) (version string) {
	f[key] = append(f[key], content)
	return strconv.Itoa(len(f[key]))
}

func (f versionedFiles) Fetch(_ context.Context, key, version string) (content []byte, fetched string, err error) {
	n := len(f[key])
	if version != "" {
		n, err = strconv.Atoi(version)
	}
	if err != nil || n < 1 || n > len(f[key]) {
		return nil, "", fault.New(fault.Rejected, fault.MissingRef, "fetching file "+key, "there is no such file")
	}
	return []byte(f[key][n-1]), strconv.Itoa(n), nil
}

const fileKey = "drop/toy/warehouse-7/stock/daily/in.csv"

// taken takes the versions in turn and returns what is in the inbox, by id.
func (e *testEnv) taken(files intake.Files, versions ...string) map[string]*message.Raw {
	e.Helper()
	p := &intake.Pickup{Receiver: e.receiver(), Files: files}
	for _, version := range versions {
		if err := p.Take(e.Context(), fileKey, version); err != nil {
			e.Fatal(err)
		}
	}
	byID := map[string]*message.Raw{}
	for _, raw := range e.inbox("toy-inbox") {
		byID[raw.ID] = raw
	}
	return byID
}

func TestAFileTravelsAsAClaim(t *testing.T) {
	t.Parallel()
	e, files := newEnv(t), versionedFiles{}
	files.put(fileKey, "a;b")
	for _, raw := range e.taken(files, "") {
		if raw.Tenant != "warehouse-7" || raw.Topic != "stock/daily" || raw.Trigger != message.File || raw.Header[intake.HeaderFile] != "in.csv" || raw.Body != nil || raw.Claim == nil {
			t.Fatalf("raw message %+v", raw)
		}
		if content, err := e.memory.Load(t.Context(), *raw.Claim); err != nil || string(content) != "a;b" {
			t.Errorf("the vault has %q, %v", content, err)
		}
	}
	if entry := e.entry(); entry.Function != "toy-pickup" || entry.Hashes.Source != port.Digest([]byte("a;b")) {
		t.Errorf("entry %+v", entry)
	}
}

// TestEachVersionOfAFileIsOneMessage: also one with content that the file had before, also
// if all of them are taken once the last was written, and also if a notification repeats.
func TestEachVersionOfAFileIsOneMessage(t *testing.T) {
	t.Parallel()
	files := versionedFiles{}
	a, b, again := files.put(fileKey, "A"), files.put(fileKey, "B"), files.put(fileKey, "A")
	e := newEnv(t)
	contents := map[string]int{}
	for _, raw := range e.taken(files, a, b, again, b, again) {
		content, err := e.memory.Load(t.Context(), *raw.Claim)
		if err != nil {
			t.Fatal(err)
		}
		contents[string(content)]++
	}
	if contents["A"] != 2 || contents["B"] != 1 {
		t.Errorf("messages by content: %v, want A twice and B once", contents)
	}
}

// TestANotificationWithoutAVersionTakesTheNewest, and is the same message as that version.
func TestANotificationWithoutAVersionTakesTheNewest(t *testing.T) {
	t.Parallel()
	files := versionedFiles{}
	files.put(fileKey, "A")
	newest := files.put(fileKey, "B")
	if got := newEnv(t).taken(files, "", newest); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
}

func TestAFileThatIsGoneOrCannotBeStoredFails(t *testing.T) {
	t.Parallel()
	e, files := newEnv(t), versionedFiles{}
	p := &intake.Pickup{Receiver: e.receiver(), Files: files}
	if err := p.Take(t.Context(), fileKey, ""); fault.As(err).Class != fault.MissingRef {
		t.Errorf("a file that is gone: %v", err)
	}
	version := files.put(fileKey, "A")
	e.runtime.Vault = brokenPort{}
	p.Receiver = e.receiver()
	if err := p.Take(t.Context(), fileKey, version); fault.KindOf(err) != fault.Unavailable || len(e.inbox("toy-inbox")) != 0 {
		t.Errorf("a vault that is unavailable: %v", err)
	}
}
