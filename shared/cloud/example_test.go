package cloud_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"causeway.example/shared/cloud"
)

// A main reads environment and clock, and hands them in.
func ExampleOpen() {
	environ := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
	account, err := cloud.AWS(environ, http.DefaultTransport)
	if err != nil {
		fmt.Println(err)
		return
	}
	ports := cloud.Open(account, cloud.Config{
		Prefix: "causeway-dev", QueueBase: "https://sqs.eu-central-1.amazonaws.com/123456789012/",
		Bus: "causeway-dev", Table: "causeway-dev", Bucket: "causeway-dev-123456789012-eu-central-1", Build: "1.2.3",
		Now: time.Now, Random: rand.Reader,
	}).Ports()
	// Publishing nothing asks AWS for nothing.
	fmt.Println(ports.Bus.Publish(context.Background(), nil))
	// Output: <nil>
}

func ExampleAWS() {
	_, err := cloud.AWS(map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, http.DefaultTransport)
	fmt.Println(err)
	// Output: configuring AWS: AWS_REGION: is not set
}
