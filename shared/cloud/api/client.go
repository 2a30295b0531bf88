// Package api calls the dozen operations of AWS that the ports stand on, in the very
// requests that the AWS SDK sends, which its tests compare: SQS, EventBridge, DynamoDB
// and Secrets Manager in AWS JSON, S3 in REST. Names of operations, inputs and members
// are AWS's own (the services' API references).
//
// It stands on the core of the AWS SDK for Go: its configuration, signatures, and rules
// of what is tried again. It does without the SDK's clients because each brings the
// schema of its whole service into every start of a function: the five of them, and the
// caching library for secrets, make a program of 13.6 MB out of one of 8.2, a start of
// 3.0 times the smallest function out of one of 1.6, and 15 MiB resident out of 9.
//
// A call is tried as often as the configuration's retryer says, and returns errors as
// the SDK does: a smithy.APIError where AWS answered, the network's own otherwise. The
// clients are safe for concurrent use and keep nothing but the clock's error.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Options are what all clients share.
type Options struct {
	Config aws.Config
	Agent  string           // who is calling, for the User-Agent: "causeway/1.2.3"
	Now    func() time.Time // the time of signatures, before it is corrected
}

// service is one service of AWS.
type service struct {
	id      string // by which a configuration names its endpoint: "Secrets Manager"
	prefix  string // of its host, and its name in signatures
	target  string // precedes the operation in X-Amz-Target; "" for REST
	version string // of AWS JSON
}

// client calls one service.
type client struct {
	service
	Options
	base    string // scheme and host
	own     bool   // whether the host is AWS's own
	retryer aws.Retryer
	signer  *v4.Signer
	skew    atomic.Int64 // of our clock, in nanoseconds, as AWS sees it
}

func newClient(o Options, s service, signing ...func(*v4.SignerOptions)) *client {
	c := &client{service: s, Options: o, signer: v4.NewSigner(signing...)}
	c.base, c.own = endpoint(o.Config, s)
	if o.Config.Retryer != nil {
		c.retryer = o.Config.Retryer()
	} else {
		c.retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			if most := o.Config.RetryMaxAttempts; most > 0 {
				r.MaxAttempts = most
			}
		})
	}
	return c
}

// endpoints is a source of a configuration that knows the address of a service.
type endpoints interface {
	GetServiceBaseEndpoint(ctx context.Context, id string) (url string, found bool, err error)
}

// endpoint returns the service's address: the one that was configured for it, or for
// all, or AWS's own in the region.
func endpoint(c aws.Config, s service) (base string, own bool) {
	for _, source := range c.ConfigSources {
		if known, ok := source.(endpoints); ok {
			if url, found, err := known.GetServiceBaseEndpoint(context.Background(), s.id); err == nil && found {
				return strings.TrimRight(url, "/"), false
			}
		}
	}
	if c.BaseEndpoint != nil {
		return strings.TrimRight(*c.BaseEndpoint, "/"), false
	}
	return "https://" + s.prefix + "." + c.Region + "." + domain(c.Region), true
}

// domain is that of a region's partition (AWS General Reference, "Regional endpoints").
func domain(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// call makes one operation of AWS JSON.
func (c *client) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return c.failed(operation, err)
	}
	answer, err := c.send(ctx, operation, c.json(operation, body))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return c.failed(operation, &smithy.DeserializationError{Err: err})
	}
	return nil
}

// quietly makes an operation whose answer says nothing, not even in JSON.
func (c *client) quietly(ctx context.Context, operation string, in any) error {
	body, err := json.Marshal(in)
	if err == nil {
		_, err = c.send(ctx, operation, c.json(operation, body))
	}
	return err
}

func (c *client) json(operation string, body []byte) outgoing {
	header := http.Header{"Content-Type": {"application/x-amz-json-" + c.version}, "X-Amz-Target": {c.target + "." + operation}}
	return outgoing{http.MethodPost, c.base + "/", header, body}
}

// outgoing is a request that can be sent again.
type outgoing struct {
	method, url string
	header      http.Header
	body        []byte
}

// send sends the request until it is answered with success, or the retryer gives up.
func (c *client) send(ctx context.Context, operation string, r outgoing) ([]byte, error) {
	release := c.retryer.GetInitialToken()
	for attempt := 1; ; attempt++ {
		before := c.skew.Load()
		answer, err := c.once(ctx, r)
		if failure := release(err); failure != nil {
			return nil, c.failed(operation, errors.Join(err, failure))
		}
		if err == nil {
			return answer, nil
		}
		again := c.retryer.IsErrorRetryable(err) || c.skew.Load() != before
		if !again || attempt >= c.retryer.MaxAttempts() || ctx.Err() != nil {
			return nil, c.failed(operation, err)
		}
		if release, err = c.pause(ctx, attempt, err); err != nil {
			return nil, c.failed(operation, err)
		}
	}
}

// pause waits before the next attempt. The error is the last attempt's, or that of a
// context that ended.
func (c *client) pause(ctx context.Context, attempt int, last error) (release func(error) error, err error) {
	release, err = c.retryer.GetRetryToken(ctx, last)
	if err != nil {
		return nil, errors.Join(last, err)
	}
	delay, err := c.retryer.RetryDelay(attempt, last)
	if err != nil {
		return nil, errors.Join(last, err)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), last)
	case <-timer.C:
		return release, nil
	}
}

// once sends the request once and returns the answer's body.
func (c *client) once(ctx context.Context, r outgoing) ([]byte, error) {
	request, err := c.sign(ctx, r)
	if err != nil {
		return nil, err
	}
	sent := c.Now()
	response, err := c.Config.HTTPClient.Do(request)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	if response.StatusCode/100 == 2 {
		return body, nil
	}
	failure := refusal(response, body)
	if clockCodes[failure.ErrorCode()] {
		c.correct(response.Header.Get("Date"), sent)
	}
	return nil, &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: response}, Err: failure}
}

func (c *client) sign(ctx context.Context, r outgoing) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	request.Header = r.header.Clone()
	request.Header.Set("User-Agent", c.Agent)
	who, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(r.body)
	hash := hex.EncodeToString(sum[:])
	if c.target == "" {
		request.Header.Set("X-Amz-Content-Sha256", hash)
	}
	at := c.Now().Add(time.Duration(c.skew.Load()))
	return request, c.signer.SignHTTP(ctx, who, request, hash, c.prefix, c.Config.Region, at)
}

// clockCodes are the codes by which AWS says that a signature's time is not its own.
var clockCodes = map[string]bool{
	"RequestTimeTooSkewed": true, "RequestExpired": true, "RequestInTheFuture": true,
	"InvalidSignatureException": true, "SignatureDoesNotMatch": true, "AuthFailure": true,
}

// skewLimit is how far a clock may be off before it is corrected; AWS allows five minutes.
const skewLimit = 4 * time.Minute

// correct notes by how much our clock is off, if that is what AWS refused.
func (c *client) correct(date string, sent time.Time) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return // nothing to go by
	}
	if off := theirs.Sub(sent); off.Abs() > skewLimit {
		c.skew.Store(int64(off))
	}
}

func (c *client) failed(operation string, err error) error {
	return &smithy.OperationError{ServiceID: c.id, OperationName: operation, Err: err}
}
