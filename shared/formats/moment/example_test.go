package moment_test

import (
	"fmt"
	"time"

	"causeway.example/shared/formats/moment"
)

func ExampleParseLocal() {
	zone := time.FixedZone("declared", 3600)
	at, moved, _ := moment.ParseLocal("2026-11-22T16:08:15", zone)
	fmt.Println(at.Format(time.RFC3339), moved)
	// Output: 2026-11-22T16:08:15+01:00 false
}
