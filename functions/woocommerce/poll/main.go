// Command poll is the Lambda function woocommerce-poll. It polls for changes that no webhook
// reported and puts them in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Poll, woocommerce.Profile(), woocommerce.OpenSource, os.Environ(), time.Now)
}
