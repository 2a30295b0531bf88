// Command poll is the Lambda function woocommerce-poll,
// which asks for what changed and was not told, and puts it into the inbox queue.
package main

import (
	"os"
	"time"

	"causeway/functions/woocommerce"
	"causeway/shared/cloud"
	"causeway/shared/connector"
)

func main() {
	cloud.Start(connector.Poll, woocommerce.Profile(), woocommerce.Open, os.Environ(), time.Now)
}
