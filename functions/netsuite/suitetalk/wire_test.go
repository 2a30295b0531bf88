package suitetalk_test

import (
	"testing"

	"causeway.example/functions/netsuite/suitetalk"
)

func FuzzSearchResult(f *testing.F) {
	f.Add([]byte(`{"items":[{"links":[],"id":"5","externalid":"x"},{"id":"6"}]}`))
	f.Add([]byte(`{"items":[{"id":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n, err := suitetalk.ReadRows(body); err != nil && n > 0 {
			t.Errorf("%d matches beside the error %v", n, err)
		}
	})
}
