package suitetalk_test

import (
	"testing"
	"time"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
)

func FuzzTokenAnswer(f *testing.F) {
	f.Add([]byte(`{"access_token":"t","expires_in":3600,"token_type":"Bearer"}`))
	f.Add([]byte(`{"access_token":"t","expires_in":"3600"}`))
	f.Add([]byte(`{"access_token":"t","expires_in":-1}`))
	f.Add([]byte(`{"error":"invalid_client"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		token, err := suitetalk.ReadToken(body)
		if err != nil && (token.Value != "" || fault.KindOf(err) != fault.Unavailable) {
			t.Errorf("%q came with %v", token.Value, err)
		}
		if life := token.Expires.Sub(time.Time{}); !token.Expires.IsZero() && (life < 0 || life > 365*24*time.Hour) {
			t.Errorf("the token lives for %v", life)
		}
	})
}
