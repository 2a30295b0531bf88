package webapi

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// NewTransport returns a transport for all the clients of a process: TLS 1.2 or newer,
// no proxy from the environment, short limits for reaching a target. The time for an
// answer is each client's own Timeout.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// checkTransport refuses weak TLS where it can be seen; Go's own default is 1.2.
func checkTransport(transport http.RoundTripper) error {
	if transport == nil {
		return misconfigured("Transport", "one is needed", nil)
	}
	shared, ok := transport.(*http.Transport)
	if !ok {
		return nil
	}
	// A transport sets itself up at its first request, which may be under way; Clone waits for that.
	config := shared.Clone().TLSClientConfig
	if config == nil {
		return nil
	}
	if config.InsecureSkipVerify {
		return misconfigured("Transport", "it must verify certificates", nil)
	}
	if v := config.MinVersion; v != 0 && v < tls.VersionTLS12 {
		return misconfigured("Transport", "TLS must be 1.2 or newer", nil)
	}
	return nil
}
