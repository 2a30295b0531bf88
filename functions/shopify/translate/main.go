// Command translate is the Lambda function shopify-translate. It translates messages of the
// inbox queue into canonical events and publishes them on the bus.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Translate, shopify.Profile(), shopify.OpenSource, os.Environ(), time.Now)
}
