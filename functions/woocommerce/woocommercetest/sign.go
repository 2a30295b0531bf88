package woocommercetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"causeway.example/shared/webhook/webhooktest"
)

// Sign returns the request with which the store delivers the body of a topic to the
// target's address. It panics if the target is no URL.
func Sign(target, topic string, body []byte) *http.Request {
	request, err := http.NewRequest(http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		panic("woocommercetest: the target is no URL: " + err.Error())
	}
	request.Header = Header(topic, body)
	return request
}

// Header returns the headers of a delivery, its signature among them.
func Header(topic string, body []byte) http.Header { return header(topic, Secret, body) }

func header(topic, secret string, body []byte) http.Header {
	resource, event, _ := strings.Cut(topic, ".")
	digest := sha256.Sum256(body)
	header := webhooktest.SignBody("X-WC-Webhook-Signature", secret, body)
	for name, value := range map[string]string{
		"User-Agent":               "WooCommerce/10.9.1 Hookshot (WordPress/7.1)",
		"Content-Type":             "application/json",
		"X-WC-Webhook-Source":      Store,
		"X-WC-Webhook-Topic":       topic,
		"X-WC-Webhook-Resource":    resource,
		"X-WC-Webhook-Event":       event,
		"X-WC-Webhook-ID":          "1",
		"X-WC-Webhook-Delivery-ID": hex.EncodeToString(digest[:16]),
	} {
		header.Set(name, value)
	}
	return header
}

// Ping returns the unsigned request that the store sends when a webhook is saved. It
// panics if the target is no URL.
func Ping(target string) *http.Request {
	request, err := http.NewRequest(http.MethodPost, target, strings.NewReader("webhook_id=1"))
	if err != nil {
		panic("woocommercetest: the target is no URL: " + err.Error())
	}
	request.Header.Set("User-Agent", "WooCommerce/10.9.1 Hookshot (WordPress/7.1)")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request
}
