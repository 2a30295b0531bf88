// Command deliver is the Lambda function woocommerce-deliver,
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Deliver, woocommerce.Profile(), woocommerce.Open, os.Environ(), time.Now)
}
