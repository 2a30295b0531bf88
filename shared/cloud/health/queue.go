package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/doctor"
	"causeway.example/shared/routes"
)

const (
	kept     = 14 * 24 * time.Hour // in every queue; the most that SQS offers
	received = 1000                // times before SQS moves a message to the dead letters
	hiddenBy = 6                   // times a function's timeout (AWS Lambda Developer Guide, "Creating an SQS event source mapping")
)

// queue is the settings of a queue.
type queue struct {
	arn         string
	retention   time.Duration
	visibility  time.Duration
	deadLetters string // ARN; "" without a redrive policy
	receives    int
}

// readQueues returns the queues of the installation that exist, dead-letter queues too.
func (e *examiner) readQueues(ctx context.Context) (map[string]queue, error) {
	found := map[string]queue{}
	for _, name := range e.names() {
		for _, each := range []string{name, routes.Dead(name)} {
			q, exists, err := e.readQueue(ctx, each)
			if err != nil {
				return nil, err
			}
			if exists {
				found[each] = q
			}
		}
	}
	return found, nil
}

func (e *examiner) readQueue(ctx context.Context, name string) (q queue, exists bool, err error) {
	out, err := e.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: e.backend.QueueURL(name), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return q, false, nil
	}
	if err != nil {
		return q, false, cloud.Failure("reading queue "+name, "queue "+name, err)
	}
	seconds := func(attribute types.QueueAttributeName) time.Duration {
		n, err := strconv.Atoi(out.Attributes[string(attribute)])
		if err != nil {
			return 0
		}
		return time.Duration(n) * time.Second
	}
	q = queue{
		arn:        out.Attributes[string(types.QueueAttributeNameQueueArn)],
		retention:  seconds(types.QueueAttributeNameMessageRetentionPeriod),
		visibility: seconds(types.QueueAttributeNameVisibilityTimeout),
	}
	var policy struct {
		Target   string      `json:"deadLetterTargetArn"`
		Receives json.Number `json:"maxReceiveCount"` // a number, or a text with one
	}
	if text := out.Attributes[string(types.QueueAttributeNameRedrivePolicy)]; text != "" {
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return q, true, fmt.Errorf("reading the redrive policy of queue %s: %w", name, err)
		}
		receives, err := policy.Receives.Int64()
		if err != nil {
			return q, true, fmt.Errorf("reading the redrive policy of queue %s: %w", name, err)
		}
		q.deadLetters, q.receives = policy.Target, int(receives)
	}
	return q, true, nil
}

// checkQueues checks that no message can expire without becoming a dead letter, and that dead
// letters are kept for as long as SQS allows.
func (e *examiner) checkQueues(ctx context.Context) (all []doctor.Finding) {
	found, err := e.found(ctx)
	if err != nil {
		return unread("queues", "queues", err)
	}
	for _, name := range e.names() {
		q, exists := found[name]
		if !exists {
			continue
		}
		all = append(all, orFine(e.checkQueue(name, q, found), "queues", e.physical(name), "keeps messages for 14 days and has a dead-letter queue")...)
	}
	if len(all) == 0 {
		return []doctor.Finding{{
			Check: "queues", Subject: e.physical("*"), Level: doctor.Problem, Text: "there is no queue with this prefix at " + e.Resources.QueueBase,
			Remedy: "check prefix, account and region of the environment, or " + e.deploy("messaging"),
		}}
	}
	return all
}

func (e *examiner) checkQueue(name string, q queue, found map[string]queue) (all []doctor.Finding) {
	add := func(level doctor.Level, subject, text, remedy string) {
		all = append(all, doctor.Finding{Check: "queues", Subject: e.physical(subject), Level: level, Text: text, Remedy: remedy + ", or " + e.deploy("messaging")})
	}
	dead, deadExists := found[routes.Dead(name)]
	policy := fmt.Sprintf(`set RedrivePolicy of %s to {"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, e.physical(name), strings.TrimSuffix(q.arn, name)+routes.Dead(name), received)
	switch {
	case !deadExists:
		add(doctor.Problem, name, "has no dead-letter queue: "+e.physical(routes.Dead(name))+" does not exist", "create it with MessageRetentionPeriod 1209600")
	case q.deadLetters == "":
		add(doctor.Problem, name, "has no redrive policy: a message that no function can handle expires", policy)
	case q.deadLetters != dead.arn:
		add(doctor.Problem, name, "sends its dead letters to "+q.deadLetters+", where no command looks", policy)
	case q.receives < received:
		add(doctor.Notice, name, fmt.Sprintf("moves messages to the dead letters after %d receives: one that only waits is received often", q.receives), policy)
	case time.Duration(q.receives)*q.visibility >= q.retention:
		add(doctor.Problem, name, fmt.Sprintf("hides a message for %s, %d times, and keeps it for %s only: it expires before it is a dead letter", q.visibility, q.receives, q.retention),
			"set its VisibilityTimeout to six times the function's timeout")
	}
	if q.retention < kept {
		add(doctor.Problem, name, fmt.Sprintf("keeps messages for %s only", q.retention), "set its MessageRetentionPeriod to 1209600")
	}
	if deadExists && dead.retention < kept {
		add(doctor.Problem, routes.Dead(name), fmt.Sprintf("keeps dead letters for %s only, from when they were first sent", dead.retention), "set its MessageRetentionPeriod to 1209600")
	}
	return all
}

// mapping is an event source mapping of a queue.
type mapping = lambdatypes.EventSourceMappingConfiguration

// settles is how long a mapping may be between two states.
const settles = 5 * time.Minute

// checkMappings checks that each queue has a function that takes from it, and that its messages
// stay hidden for long enough.
func (e *examiner) checkMappings(ctx context.Context) (all []doctor.Finding) {
	found, err := e.found(ctx)
	if err != nil {
		return nil // checkQueues says why
	}
	byQueue := map[string][]mapping{}
	pages := lambda.NewListEventSourceMappingsPaginator(e.functions, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread("mappings", "event source mappings", cloud.Failure("reading the event source mappings", "list of event source mappings", err))
		}
		for _, m := range page.EventSourceMappings {
			byQueue[aws.ToString(m.EventSourceArn)] = append(byQueue[aws.ToString(m.EventSourceArn)], m)
		}
	}
	timeouts := map[string]time.Duration{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if slices.Contains(e.names(), name) {
			all = append(all, orFine(e.checkMapping(ctx, name, found[name], byQueue[found[name].arn], timeouts), "mappings", e.physical(name), "is taken from by its function")...)
		}
	}
	return all
}

func (e *examiner) checkMapping(ctx context.Context, name string, q queue, mappings []mapping, timeouts map[string]time.Duration) (all []doctor.Finding) {
	add := func(level doctor.Level, text, remedy string) {
		all = append(all, doctor.Finding{Check: "mappings", Subject: e.physical(name), Level: level, Text: text, Remedy: remedy})
	}
	if len(mappings) == 0 {
		add(doctor.Problem, "no function takes from the queue: it has no event source mapping", e.deploy("connectors"))
	}
	for _, m := range mappings {
		state, result := aws.ToString(m.State), aws.ToString(m.LastProcessingResult)
		switch {
		case state == "Disabled" || state == "Disabling":
			add(doctor.Notice, "is paused: its event source mapping is disabled", "causeway route resume "+name+", or leave it if the stage has the flow off")
		case state != "Enabled" && m.LastModified != nil && e.Resources.Now().Sub(*m.LastModified) > settles:
			add(doctor.Problem, "has an event source mapping that has been "+strings.ToLower(state)+" since "+m.LastModified.UTC().Format(time.RFC3339), e.deploy("connectors"))
		case strings.HasPrefix(result, "PROBLEM"):
			add(doctor.Problem, "is not taken from: "+result, "read the log of "+aws.ToString(m.FunctionArn)+", and check its role and concurrency")
		}
		timeout, err := e.timeout(ctx, aws.ToString(m.FunctionArn), timeouts)
		if err != nil {
			return append(all, unread("mappings", aws.ToString(m.FunctionArn), err)...)
		}
		if least := hiddenBy * timeout; q.visibility < least {
			add(doctor.Problem, fmt.Sprintf("hides a message for %s, and its function may run for %s: a message is received again while it is handled", q.visibility, timeout),
				fmt.Sprintf("set the VisibilityTimeout of %s to %d, or %s", e.physical(name), int(least.Seconds()), e.deploy("messaging")))
		}
	}
	return all
}

// timeout returns the timeout of a function, 0 if the function does not exist.
func (e *examiner) timeout(ctx context.Context, function string, known map[string]time.Duration) (time.Duration, error) {
	if timeout, read := known[function]; read {
		return timeout, nil
	}
	out, err := e.functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if _, missing := errors.AsType[*lambdatypes.ResourceNotFoundException](err); missing {
		return 0, nil
	}
	if err != nil {
		return 0, cloud.Failure("reading function "+function, "function "+function, err)
	}
	known[function] = time.Duration(aws.ToInt32(out.Timeout)) * time.Second
	return known[function], nil
}
