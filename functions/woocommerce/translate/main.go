// Command translate is the Lambda function woocommerce-translate,
// from the inbox queue into the canonical model and onto the bus.
package main

import (
	"os"
	"time"

	"causeway/functions/woocommerce"
	"causeway/shared/cloud"
	"causeway/shared/connector"
)

func main() {
	cloud.Start(connector.Translate, woocommerce.Profile(), woocommerce.Open, os.Environ(), time.Now)
}
