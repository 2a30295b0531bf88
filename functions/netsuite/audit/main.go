// Command audit is the Lambda function netsuite-audit. Every night it compares the stores with
// NetSuite.
package main

import (
	"os"
	"time"

	"causeway.example/functions/netsuite"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shopify"
	"causeway.example/functions/woocommerce"
	"causeway.example/shared/cloud/nightly"
)

func main() {
	nightly.Start(os.Environ(), time.Now,
		nightly.System{Profile: netsuite.Profile(), Open: netsuite.Open},
		nightly.System{Profile: shipbob.Profile(), Open: shipbob.Open},
		nightly.System{Profile: shopify.Profile(), Open: shopify.Open},
		nightly.System{Profile: woocommerce.Profile(), Open: woocommerce.OpenAuditor})
}
