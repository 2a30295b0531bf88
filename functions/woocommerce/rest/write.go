package rest

import (
	"context"
	"net/http"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// Denied returns a 401 of a proxy in front of the store as what it is for a target: it asks for
// credentials that the connector does not have, and no retry helps.
func Denied(err error) error {
	e := fault.As(err)
	if e == nil || e.Status != http.StatusUnauthorized {
		return err
	}
	refused := *e
	refused.Kind, refused.Class = fault.Unauthorized, fault.Auth
	return &refused
}

// Send makes a write with a JSON body. An answer that is not WooCommerce's own says nothing about the
// effect: a proxy gives up before the store does.
func (s *Store) Send(ctx context.Context, method, path, doing string, body []byte) (webapi.Response, error) {
	answer, err := s.Do(ctx, webapi.Request{
		Method: method, Path: path, Doing: doing, WantJSON: true, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
	})
	if e := fault.As(err); e != nil && e.Code == "" && e.Kind == fault.Unavailable && e.Class == fault.Intermittent {
		unknown := *e
		unknown.Class = fault.Ambiguous
		return answer, Denied(&unknown)
	}
	return answer, err
}
