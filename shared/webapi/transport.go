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
	t, ok := transport.(*http.Transport)
	if !ok || t.TLSClientConfig == nil {
		return nil
	}
	if t.TLSClientConfig.InsecureSkipVerify {
		return misconfigured("Transport", "it must verify certificates", nil)
	}
	if v := t.TLSClientConfig.MinVersion; v != 0 && v < tls.VersionTLS12 {
		return misconfigured("Transport", "TLS must be 1.2 or newer", nil)
	}
	return nil
}
