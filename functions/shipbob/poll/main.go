// Command poll is the Lambda function shipbob-poll. It polls for changes that no webhook
// reported and puts them in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Poll, shipbob.Profile(), shipbob.Open, os.Environ(), time.Now)
}
