package events_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"causeway.example/events"
	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

func mustRead(t testing.TB, read func(string) ([]byte, error), name string) []byte {
	t.Helper()
	data, err := read(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEveryEventTypeHasASchemaAndASample(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		if schema := mustRead(t, events.Schema, kind.Name); !bytes.Contains(schema, []byte(`"`+kind.Schema+`"`)) {
			t.Errorf("the schema of %s does not name %s", kind.Name, kind.Schema)
		}
		mustRead(t, events.Sample, kind.Name)
	}
}

func TestEveryFileBelongsToAnEventType(t *testing.T) {
	t.Parallel()
	for folder, others := range map[string]int{"schemas": 1, "samples": 0} {
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		if want := len(canonical.Types()) + others; len(files) != want {
			t.Errorf("%d files in %s, want %d", len(files), folder, want)
		}
	}
}

func TestSamplesAreMessagesThatThePipelineAccepts(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}
	for _, kind := range canonical.Types() {
		m, err := message.Decode(mustRead(t, events.Sample, kind.Name))
		if err != nil {
			t.Errorf("%s: %v", kind.Name, err)
			continue
		}
		if m.Type != kind.Name || m.Schema != kind.Schema || m.System() == m.Source || m.Key().ID == "" || m.Sequence.UpdatedAt().IsZero() {
			t.Errorf("%s: the envelope is %+v", kind.Name, m)
		}
		if other, taken := ids[m.ID]; taken {
			t.Errorf("%s and %s share an id", kind.Name, other)
		}
		ids[m.ID] = kind.Name
		checkBody(t, m)
	}
}

func checkBody(t *testing.T, m *message.Message) {
	t.Helper()
	body, err := canonical.Decode(m.Type, m.Body)
	if err != nil {
		t.Errorf("%s: %v", m.Type, err)
		return
	}
	if err := canonical.Validate(body); err != nil {
		t.Errorf("%s: %v", m.Type, err)
	}
	written, err := canonical.Encode(body)
	if err != nil || !sameJSON(t, written, m.Body) {
		t.Errorf("%s: the model writes %s, %v; the sample holds %s", m.Type, written, err, m.Body)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	return reflect.DeepEqual(mustParse(t, a), mustParse(t, b))
}

func TestUnknownNamesAreErrors(t *testing.T) {
	t.Parallel()
	for situation, read := range map[string]func(string) ([]byte, error){
		"schema": events.Schema, "sample": events.Sample, "trigger": events.Trigger,
	} {
		for _, name := range []string{"", "order.teleported", "order.placed.v1.json", "../samples/order.placed", "../../go", "/etc/passwd"} {
			data, err := read(name)
			if data != nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%s %q: %d bytes, %v", situation, name, len(data), err)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "reading "+situation+": ") {
				t.Errorf("%s %q: the error is %q", situation, name, err)
			}
		}
	}
}

func TestACallerCannotChangeAFile(t *testing.T) {
	t.Parallel()
	first := mustRead(t, events.Sample, canonical.OrderPlaced)
	first[0] = 'x'
	if mustRead(t, events.Sample, canonical.OrderPlaced)[0] != '{' {
		t.Error("a caller changed what the next one reads")
	}
}

func ExampleSample() {
	sample, err := events.Sample("shipment.shipped")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := message.Decode(sample)
	fmt.Println(m.Type, m.Subject, err)
	// Output: shipment.shipped shipment/S-20417 <nil>
}
