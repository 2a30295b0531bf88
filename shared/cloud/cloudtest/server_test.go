package cloudtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/shared/cloud/cloudtest"
)

const signed = "AWS4-HMAC-SHA256 Credential=id/20261122/eu-central-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestRequestsThatNoServiceTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ authorization, target, body, want string }{
		"no signature":             {"", "AmazonSQS.ListQueues", "{}", "MissingAuthenticationTokenException"},
		"half a signature":         {"AWS4-HMAC-SHA256 Credential=id", "AmazonSQS.ListQueues", "{}", "IncompleteSignatureException"},
		"signed for another":       {"events", "AmazonSQS.ListQueues", "{}", "InvalidSignatureException"},
		"no target":                {"sqs", "", "{}", "InvalidSignatureException"},
		"operation unheard of":     {"sqs", "AmazonSQS.TeleportQueue", "{}", "UnknownOperationException"},
		"parameter unheard of":     {"sqs", "AmazonSQS.ListQueues", `{"Colour":"red"}`, "SerializationException"},
		"value of a wrong type":    {"sqs", "AmazonSQS.ListQueues", `{"QueueNamePrefix":7}`, "SerializationException"},
		"not JSON":                 {"sqs", "AmazonSQS.ListQueues", `<xml/>`, "SerializationException"},
		"bytes that are not UTF-8": {"sqs", "AmazonSQS.ListQueues", "{\"QueueNamePrefix\":\"\xff\"}", "SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
			if c.authorization != "" {
				r.Header.Set("Authorization", c.authorization)
			}
			if c.authorization == "sqs" || c.authorization == "events" {
				r.Header.Set("Authorization", strings.Replace(signed, "SERVICE", c.authorization, 1))
			}
			r.Header.Set("X-Amz-Target", c.target)
			w := httptest.NewRecorder()
			newWorld(t).server.ServeHTTP(w, r)
			if w.Code < 400 || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("answer %d %s, want %s", w.Code, w.Body, c.want)
			}
		})
	}
}

func TestOverASocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served := httptest.NewServer(w.server)
	t.Cleanup(served.Close)
	w.connect(served.URL, served.Client())
	url := w.queue(t, "orders", nil)
	w.send(t, url, "one")
	if got := w.receive(t, url); len(got) != 1 || *got[0].Body != "one" {
		t.Errorf("received %v", got)
	}
	w.server.Fail("sqs", "SendMessage", cloudtest.LoseAnswer(1))
	if _, err := w.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("two")}); !errors.Is(err, io.EOF) {
		t.Errorf("lost answer: %v", err)
	}
	if got := w.receive(t, url); len(got) != 1 || *got[0].Body != "two" {
		t.Errorf("after the lost answer received %v", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	send := func() error {
		_, err := w.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("x")})
		return err
	}
	w.server.Fail("sqs", "SendMessage", cloudtest.Throttle(2))
	wantCode(t, send(), "RequestThrottled")
	wantCode(t, send(), "RequestThrottled")
	wantCode(t, send(), "")
	w.server.Fail("sqs", "", cloudtest.Unavailable(cloudtest.Always))
	wantCode(t, send(), "ServiceUnavailable")
	w.server.Heal("sqs", "")
	wantCode(t, send(), "")
	w.server.Fail("sqs", "SendMessage", cloudtest.LoseAnswer(1))
	if err := send(); !errors.Is(err, cloudtest.ErrConnection) {
		t.Errorf("lost answer: %v", err)
	}
	if got := w.count(t, url, "ApproximateNumberOfMessages"); got != "3" {
		t.Errorf("%s messages after three sends with an effect", got)
	}
	w.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Throttle(1))
	_, err := w.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")})
	wantCode(t, err, "ThrottlingException")
}

func TestACancelledRequestEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := w.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled receive: %v", err)
	}
	w.send(t, url, "one")
	if got := w.receive(t, url); len(got) != 1 || got[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Error("the receive that nobody waited for took the message")
	}
}
