// Command deliver is the Lambda function hubspot-deliver. It takes messages
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Deliver, hubspot.Profile(), hubspot.Open, os.Environ(), time.Now)
}
