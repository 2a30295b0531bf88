package suitetalk_test

import (
	"encoding/json"
	"net/url"
	"os"
	"testing"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/connector"
)

type vector struct {
	Method              string
	URL                 string
	ConsumerKey         string `json:"consumer_key"`
	ConsumerSecret      string `json:"consumer_secret"`
	TokenID             string `json:"token_id"`
	TokenSecret         string `json:"token_secret"`
	Nonce               string
	Timestamp           string
	BaseString          string `json:"base_string"`
	AuthorizationHeader string `json:"authorization_header"`
}

func TestTokenSignatureAgreesWithTheVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) != 2 {
		t.Fatalf("%d vectors: %v", len(vectors), err)
	}
	for _, v := range vectors {
		u, err := url.Parse(v.URL)
		if err != nil {
			t.Fatal(err)
		}
		s := suitetalk.Login{
			Account: "1234567_sb1", ConsumerKey: v.ConsumerKey, ConsumerSecret: connector.Secret(v.ConsumerSecret),
			TokenID: v.TokenID, TokenSecret: connector.Secret(v.TokenSecret),
		}
		if got := suitetalk.TokenHeader(s, v.Method, u, v.Nonce, v.Timestamp); got != v.AuthorizationHeader {
			t.Errorf("%s %s\nsigned %s\nwant   %s", v.Method, v.URL, got, v.AuthorizationHeader)
		}
		base := suitetalk.SignatureBase(v.Method, u, [][2]string{
			{"oauth_consumer_key", v.ConsumerKey},
			{"oauth_nonce", v.Nonce},
			{"oauth_signature_method", "HMAC-SHA256"},
			{"oauth_timestamp", v.Timestamp},
			{"oauth_token", v.TokenID},
			{"oauth_version", "1.0"},
		})
		if base != v.BaseString {
			t.Errorf("base string %s\nwant        %s", base, v.BaseString)
		}
	}
}
