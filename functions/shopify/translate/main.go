// Command translate is the Lambda function shopify-translate,
// from the inbox queue into the canonical model and onto the bus.
package main

import (
	"os"
	"time"

	"causeway/functions/shopify"
	"causeway/shared/cloud"
	"causeway/shared/connector"
)

func main() {
	cloud.Start(connector.Translate, shopify.Profile(), shopify.Open, os.Environ(), time.Now)
}
