// Package rest is the client of ShipBob's REST API: a call with its credentials and channel, what a
// failure means, and the check of token and channels. It makes no retries.
package rest
