package goods

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

func TestMarksAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 21, 8, 30, 0, time.UTC)
	marks := map[string]mark{productEntity: {digest("a"), at, at.Add(time.Second)}, priceEntity: {digest("b"), at.Add(time.Hour), at}, levelEntity: {digest("c"), at, at}}
	got, ok := decode(encode(marks))
	if !ok || !maps.Equal(got, marks) {
		t.Errorf("got %v, want %v", got, marks)
	}
	// A part has its name, version and JSON around it, and an item of DynamoDB holds 400 KB.
	if size := len(encode(marks)) + len(fmt.Sprintf(`"1234567 %032d":{"version":"%051d","value":""},`, 0, 0)); size*1500 > 400_000 {
		t.Errorf("1,500 variations take %d bytes", size*1500)
	}
	for _, text := range []string{"", "product", "product a b c", "product a 1 2;price"} {
		if _, ok := decode(text); ok {
			t.Errorf("%q is read", text)
		}
	}
}
