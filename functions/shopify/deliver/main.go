// Command deliver is the Lambda function shopify-deliver,
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Deliver, shopify.Profile(), shopify.Open, os.Environ(), time.Now)
}
