// Command translate is the Lambda function netsuite-translate. It translates messages of
// the inbox queue into canonical events and publishes them on the bus.
package main

import (
	"os"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
)

func main() {
	function.Start(connector.Translate, netsuite.Profile(), netsuite.Open, os.Environ(), time.Now)
}
