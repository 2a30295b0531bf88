package netsuitetest_test

import (
	"fmt"
	"net/http/httptest"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
)

func ExampleFake() {
	fake := netsuitetest.New(time.Now)
	if err := fake.AddItem("TEE-BLK-M"); err != nil {
		fmt.Println(err)
	}
	server := httptest.NewServer(fake)
	defer server.Close()

	// The second attempt finds the first one's effect.
	fake.Plan(netsuitetest.Fault{PathContains: "salesOrder", Do: netsuitetest.ResetAfter()})

	settings := fake.Settings(server.URL)
	fmt.Println(settings["NETSUITE_ACCOUNT"], len(fake.Orders()))
	// Output: 1234567_SB1 0
}
