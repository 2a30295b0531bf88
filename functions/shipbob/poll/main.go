// Command poll is the Lambda function shipbob-poll. It polls for changes that no webhook
// reported and puts them in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/shared/cloud"
	"causeway.example/shared/connector"
)

func main() {
	cloud.Start(connector.Poll, shipbob.Profile(), shipbob.Open, os.Environ(), time.Now)
}
