// Command receive is the Lambda function shipbob-receive. It verifies a delivery's
// signature and stores its bytes in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Receive, shipbob.Profile(), shipbob.Open, os.Environ(), time.Now)
}
