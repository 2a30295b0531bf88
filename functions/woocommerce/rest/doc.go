// Package rest has the configured stores of WooCommerce: their names, secrets and keys, and the
// calls of their REST API v3.
//
//   - store.go binds secrets, addresses and keys to the stores of the settings.
//   - origin.go compares the store that a delivery or a body names with the configured ones.
//   - client.go calls the API, classifies its errors and reads its lists page by page.
//   - decoder.go and time.go read what all answers and deliveries have: JSON with HTML entities in
//     its texts, and dates without an offset.
//
// It knows no order: what a resource contains is read by the packages that use it.
package rest
