package account_test

import (
	"fmt"
	"net/http"

	"causeway.example/shared/cloud/account"
)

func ExampleConfig() {
	_, err := account.Config(map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, http.DefaultTransport)
	fmt.Println(err)
	// Output: configuring AWS: AWS_REGION: is not set
}
