// Command deliver is the Lambda function hubspot-deliver. It takes messages
// from the queues of its routes into the system.
package main

import (
	"os"
	"time"

	"causeway.example/functions/hubspot"
	"causeway.example/shared/cloud"
	"causeway.example/shared/connector"
)

func main() {
	cloud.Start(connector.Deliver, hubspot.Profile(), hubspot.Open, os.Environ(), time.Now)
}
