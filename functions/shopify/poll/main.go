// Command poll is the Lambda function shopify-poll. It polls for changes that no webhook
// reported and puts them in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Poll, shopify.Profile(), shopify.OpenSource, os.Environ(), time.Now)
}
