package suitetalk

import (
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// Login has the settings that lead to an account and its credentials: those of a token, or of
// OAuth 2.0 client credentials.
type Login struct {
	Account string `env:"NETSUITE_ACCOUNT" validate:"required,max=40,excludesall=/.:@?#%"` // such as 1234567_SB1
	APIURL  string `env:"NETSUITE_API_URL"`                                                // "" for the account's own host

	Auth           string           `env:"NETSUITE_AUTH" envDefault:"oauth2" validate:"oneof=oauth2 token"`
	ConsumerKey    string           `env:"NETSUITE_CONSUMER_KEY" validate:"required_if=Auth token"`
	ConsumerSecret connector.Secret `env:"NETSUITE_CONSUMER_SECRET" validate:"required_if=Auth token"`
	TokenID        string           `env:"NETSUITE_TOKEN_ID" validate:"required_if=Auth token"`
	TokenSecret    connector.Secret `env:"NETSUITE_TOKEN_SECRET" validate:"required_if=Auth token"`
	ClientID       string           `env:"NETSUITE_CLIENT_ID" validate:"required_if=Auth oauth2"`
	CertificateID  string           `env:"NETSUITE_CERTIFICATE_ID" validate:"required_if=Auth oauth2"`
	PrivateKey     connector.Secret `env:"NETSUITE_PRIVATE_KEY" validate:"required_if=Auth oauth2"` // PEM; "\n" may be written out
}

// baseURL is the account's own host, where hyphens stand for the underscores of its id.
func (s *Login) baseURL() string {
	if s.APIURL != "" {
		return s.APIURL
	}
	return "https://" + strings.ReplaceAll(strings.ToLower(s.Account), "_", "-") + ".suitetalk.api.netsuite.com"
}

func badSetting(key, rule string, cause error) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Config, Doing: "reading settings", Field: key, Detail: rule, Err: cause,
	}
}
