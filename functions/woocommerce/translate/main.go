// Command translate is the Lambda function woocommerce-translate. It translates messages of
// the inbox queue into canonical events and publishes them on the bus.
package main

import (
	"os"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Translate, woocommerce.Profile(), woocommerce.OpenSource, os.Environ(), time.Now)
}
