package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
)

func (w *world) mappingState(t *testing.T) string {
	t.Helper()
	out, err := w.mappings.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(queueARN(route))})
	must(t, err)
	return *out.EventSourceMappings[0].State
}

// A mapping takes seconds to be disabled, and cannot be enabled meanwhile.
func TestResumeWaitsUntilThePauseHasSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	valve := w.open().Valve
	must(t, valve.Pause(t.Context(), engine.Pause{Queue: route, Who: "ana", Reason: "patch"}))
	if state := w.mappingState(t); state != "Disabling" {
		t.Errorf("paused: %s", state)
	}
	must(t, valve.Resume(t.Context(), route))
	w.advance(time.Minute)
	if state := w.mappingState(t); state != "Enabled" {
		t.Errorf("resumed: %s", state)
	}
}

func TestAMappingThatDoesNotSettleIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waited := 0
	w.config.Sleep = func(context.Context, time.Duration) error { waited++; return nil } // no time passes
	valve := w.open().Valve
	must(t, valve.Pause(t.Context(), engine.Pause{Queue: route, Who: "ana", Reason: "patch"}))
	if err := valve.Resume(t.Context(), route); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "run the command again") || waited != 29 {
		t.Errorf("after %d pauses: %v", waited, err)
	}
}

// A pause belongs to who is responsible for it now, not to who paused the queue last time.
func TestNewPauseHasItsOwnReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	valve := w.open().Valve
	must(t, valve.Pause(t.Context(), engine.Pause{Queue: route, Who: "ana", Reason: "first"}))
	w.advance(time.Minute)
	_, err := w.mappings.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: w.mappingID(t), Enabled: aws.Bool(true)})
	must(t, err)
	w.advance(time.Minute)
	if pauses, err := valve.Pauses(t.Context()); err != nil || len(pauses) != 0 {
		t.Errorf("enabled in the console: %v, %v", pauses, err)
	}
	must(t, valve.Pause(t.Context(), engine.Pause{Queue: route, Who: "ben", Reason: "second"}))
	pauses, err := valve.Pauses(t.Context())
	must(t, err)
	if len(pauses) != 1 || pauses[0].Who != "ben" || pauses[0].Reason != "second" || !pauses[0].Since.Equal(w.clock.Now()) {
		t.Errorf("pauses %+v", pauses)
	}
}

func (w *world) mappingID(t *testing.T) *string {
	t.Helper()
	out, err := w.mappings.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(queueARN(route))})
	must(t, err)
	return out.EventSourceMappings[0].UUID
}

func TestPauseByOtherMeansIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.mappings.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: w.mappingID(t), Enabled: aws.Bool(false)})
	must(t, err)
	pauses, err := w.open().Valve.Pauses(t.Context())
	must(t, err)
	if len(pauses) != 1 || pauses[0].Queue != route || pauses[0].Who != "unknown" || !pauses[0].Since.Equal(w.clock.Now()) {
		t.Errorf("pauses %+v", pauses)
	}
}

func TestValveReportsWhatLambdaAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Fail("lambda", "UpdateEventSourceMapping", cloudtest.Throttle(cloudtest.Always))
	err := w.open().Valve.Pause(t.Context(), engine.Pause{Queue: route, Who: "ana", Reason: "r"})
	if fault.KindOf(err) != fault.Unavailable || fault.As(err).Class != fault.RateLimit {
		t.Errorf("throttled: %v", err)
	}
	if pauses, err := w.open().Valve.Pauses(t.Context()); err != nil || len(pauses) != 0 {
		t.Errorf("a pause that failed is in force: %v, %v", pauses, err)
	}
}
