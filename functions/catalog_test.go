package functions_test

import (
	"testing"

	"causeway.example/functions"
)

// Each system names the version of the vendor's API that it speaks. One that ends says what an
// operator does before that day.
func TestEachSystemKnowsItsVersion(t *testing.T) {
	t.Parallel()
	for _, system := range functions.All() {
		v := system.Profile.Version
		if v.Name == "" || !v.Ends.IsZero() && v.Remedy == "" {
			t.Errorf("%s speaks %+v", system.Profile.Name, v)
		}
	}
}
