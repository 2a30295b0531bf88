// Command receive is the Lambda function shopify-receive. It verifies a delivery's signature
// and stores its bytes in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Receive, shopify.Profile(), shopify.OpenSource, os.Environ(), time.Now)
}
