package account

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

	"causeway.example/shared/fault"
)

// Limits of one call by the SDK. Three attempts outlast a hiccup. The queue repeats
// anything longer.
const (
	attempts     = 3
	callTimeout  = 10 * time.Second
	backoffLimit = 2 * time.Second
)

// Config returns the SDK's configuration from the environment of a Lambda function, as the
// SDK's own loader would (AWS SDKs and Tools Reference Guide, "Settings reference"):
//
//	AWS_REGION
//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//	AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN
//	AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>
//	AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT
//
// Region and credentials are required: keys, or the address of an endpoint that issues
// them, whose credentials are refreshed before they expire. It reads no file and asks no
// other service before the first call. Outside Lambda any profile, SSO session or role is
// turned into these variables by
//
//	eval "$(aws configure export-credentials --format env)"
//
// An error is fault.Rejected of class config and names the variable.
func Config(environ map[string]string, transport http.RoundTripper) (aws.Config, error) {
	if environ["AWS_REGION"] == "" {
		return aws.Config{}, misconfigured("AWS_REGION", "is not set")
	}
	config := aws.Config{
		Region: environ["AWS_REGION"], Retryer: newRetryer,
		HTTPClient:    &http.Client{Transport: transport, Timeout: callTimeout},
		ConfigSources: []any{settings(environ)},
		// The loader's defaults, without which the SDK does not check what it reads.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	for _, name := range []string{useFIPS, useDualStack} {
		if _, _, err := settings(environ).flag(name); err != nil {
			return aws.Config{}, misconfigured(name, fmt.Sprintf("%q is neither true nor false", environ[name]))
		}
	}
	if url := environ["AWS_ENDPOINT_URL"]; url != "" {
		config.BaseEndpoint = &url
	}
	var err error
	config.Credentials, err = credentials(environ, config.HTTPClient)
	return config, err
}

func misconfigured(variable, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Field: variable, Doing: "configuring AWS", Detail: rule}
}

// credentials returns the keys of the environment; if there are none, the issuer's.
func credentials(environ map[string]string, client aws.HTTPClient) (aws.CredentialsProvider, error) {
	keys := aws.Credentials{
		AccessKeyID: environ["AWS_ACCESS_KEY_ID"], SecretAccessKey: environ["AWS_SECRET_ACCESS_KEY"],
		SessionToken: environ["AWS_SESSION_TOKEN"], Source: "environment",
	}
	issuer := environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
	switch {
	case keys.HasKeys():
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }), nil
	case keys.AccessKeyID != "":
		return nil, misconfigured("AWS_SECRET_ACCESS_KEY", "is not set")
	case issuer == "":
		return nil, misconfigured("AWS_ACCESS_KEY_ID", "is not set")
	}
	return issued(issuer, environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"], client), nil
}

// issued returns the credentials that an endpoint issues. The call that needs them repeats
// a failure.
func issued(url, token string, client aws.HTTPClient) aws.CredentialsProvider {
	cache := aws.NewCredentialsCache(endpointcreds.New(url, func(o *endpointcreds.Options) {
		o.HTTPClient, o.AuthorizationToken, o.Retryer = client, token, aws.NopRetryer{}
	}), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 5 * time.Minute })
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		got, err := cache.Retrieve(ctx)
		if err != nil {
			err = &fault.Error{Kind: fault.Unavailable, Class: fault.Auth, Detail: url + " issues no credentials", Err: err}
		}
		return got, err
	})
}

func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = attempts, backoffLimit
	})
}

const (
	useFIPS      = "AWS_USE_FIPS_ENDPOINT"
	useDualStack = "AWS_USE_DUALSTACK_ENDPOINT"
)

// settings answers the SDK's questions about endpoints from the environment.
type settings map[string]string

// GetServiceBaseEndpoint returns the value of AWS_ENDPOINT_URL_<SERVICE>, as in
// AWS_ENDPOINT_URL_SECRETS_MANAGER.
func (s settings) GetServiceBaseEndpoint(_ context.Context, service string) (url string, found bool, err error) {
	url = s["AWS_ENDPOINT_URL_"+strings.ToUpper(strings.ReplaceAll(service, " ", "_"))]
	return url, url != "", nil
}

// flag reads a variable that is true or false; found is false if it is not set.
func (s settings) flag(name string) (on, found bool, err error) {
	if s[name] == "" {
		return false, false, nil
	}
	on, err = strconv.ParseBool(s[name])
	return on, true, err
}

// GetUseFIPSEndpoint reports whether endpoints are those with FIPS 140 validated modules.
func (s settings) GetUseFIPSEndpoint(context.Context) (state aws.FIPSEndpointState, found bool, err error) {
	on, found, err := s.flag(useFIPS)
	if on {
		state = aws.FIPSEndpointStateEnabled
	}
	return state, found, err
}

// GetUseDualStackEndpoint reports whether endpoints are those with IPv4 and IPv6.
func (s settings) GetUseDualStackEndpoint(context.Context) (state aws.DualStackEndpointState, found bool, err error) {
	on, found, err := s.flag(useDualStack)
	if on {
		state = aws.DualStackEndpointStateEnabled
	}
	return state, found, err
}
