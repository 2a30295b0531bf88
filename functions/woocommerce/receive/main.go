// Command receive is the Lambda function woocommerce-receive. It verifies a delivery's
// signature and stores its bytes in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/woocommerce"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Receive, woocommerce.Profile(), woocommerce.OpenSource, os.Environ(), time.Now)
}
