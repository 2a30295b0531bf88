// Command deliver is the Lambda function shipbob-deliver. It takes messages
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Deliver, shipbob.Profile(), shipbob.Open, os.Environ(), time.Now)
}
