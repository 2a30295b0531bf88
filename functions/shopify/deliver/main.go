// Command deliver is the Lambda function shopify-deliver,
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud"
	"causeway.example/shared/connector"
)

func main() {
	cloud.Start(connector.Deliver, shopify.Profile(), shopify.Open, os.Environ(), time.Now)
}
