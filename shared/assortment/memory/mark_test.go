package memory

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestEntriesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	want := entry{
		"product":   {Digest: "a", Since: noon, Seen: noon.Add(time.Second), Left: true, Over: true},
		"price":     {Digest: "b", Since: noon.Add(time.Hour + 7*time.Nanosecond)},
		"inventory": {Digest: "c", Seen: noon, Over: true},
	}
	got, ok := decode(want.encode())
	if !ok || !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, text := range []string{"", "product", "product a b", "product a ! b", "product a b !", "product a b. c", "product a b c x", "product a b c l;price"} {
		if got, ok := decode(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestTheDigestIsOfTheContent(t *testing.T) {
	t.Parallel()
	digest := func(title string) string {
		d, err := Digest(&canonical.Product{SKU: "TEE", Title: title})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first, again, other := digest("Tee"), digest("Tee"), digest("Tea")
	if first != again || first == other || strings.ContainsAny(first, " ;") {
		t.Errorf("the digests are %q, %q and %q", first, again, other)
	}
	if _, err := Digest(func() {}); err == nil {
		t.Error("a body that cannot be encoded has a digest")
	}
}

// An item of DynamoDB holds 400 KB, and has the part as a text within JSON.
func TestAnItemHoldsALargeProduct(t *testing.T) {
	t.Parallel()
	const names = 2_500
	s := stored{Revision: names, Entries: map[string]string{}}
	for i := range names {
		e := entry{}
		for _, kind := range []string{"product", "price", "inventory"} {
			digest, err := Digest(fmt.Sprint(kind, i))
			if err != nil {
				t.Fatal(err)
			}
			e[kind] = Mark{Digest: digest, Since: noon, Seen: noon}
		}
		s.Entries[fmt.Sprintf("%07d SKU-OF-16-CHARS%d", i, i)] = e.encode()
	}
	value, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	item, err := json.Marshal(map[string]map[string]string{part: {"version": "00000000000000000001", "value": string(value)}})
	if err != nil || len(item) > 400_000 {
		t.Errorf("%d names take %d bytes, %v", names, len(item), err)
	}
}
