package cloud_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/cloud/account"
)

// A main reads environment and clock, and hands them in.
func ExampleOpen() {
	environ := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
	config, err := account.Config(environ, http.DefaultTransport)
	if err != nil {
		fmt.Println(err)
		return
	}
	ports := cloud.Open(config, cloud.Config{
		Prefix: "causeway-dev", QueueBase: "https://sqs.eu-central-1.amazonaws.com/123456789012/",
		Bus: "causeway-dev", Table: "causeway-dev", Bucket: "causeway-dev-123456789012-eu-central-1", Build: "1.2.3",
		Now: time.Now, Random: rand.Reader,
	}).Ports()
	// Publishing nothing asks AWS for nothing.
	fmt.Println(ports.Bus.Publish(context.Background(), nil))
	// Output: <nil>
}
