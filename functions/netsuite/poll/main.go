// Command poll is the Lambda function netsuite-poll. It polls for stock levels and items that
// changed and puts them in the inbox queue.
package main

import (
	"os"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Poll, netsuite.Profile(), netsuite.Open, os.Environ(), time.Now)
}
