// Command poll is the Lambda function shopify-poll,
// which asks for what changed and was not told, and puts it into the inbox queue.
package main

import (
	"os"
	"time"

	"causeway/functions/shopify"
	"causeway/shared/cloud"
	"causeway/shared/connector"
)

func main() {
	cloud.Start(connector.Poll, shopify.Profile(), shopify.Open, os.Environ(), time.Now)
}
