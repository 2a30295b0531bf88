// Command translate is the Lambda function shopify-translate. It translates messages of the
// inbox queue into canonical events and publishes them on the bus.
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
