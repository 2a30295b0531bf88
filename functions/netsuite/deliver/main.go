// Command deliver is the Lambda function netsuite-deliver,
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Deliver, netsuite.Profile(), netsuite.Open, os.Environ(), time.Now)
}
