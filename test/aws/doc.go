// Package aws runs what is deployed, without an account: the templates of infra are
// set up through SDK calls at an endpoint, the functions' real programs run as
// processes behind a Lambda Runtime API, and the sample day is posted as signed
// webhooks and counted at the target's own books while processes are killed and
// services fail.
//
// `make test-aws` runs it; the everyday tests only hold the templates and the ports
// of shared/cloud to each other. The endpoint is the stand-in of cloudtest in this
// process, or the one of AWS_ENDPOINT_URL (moto, LocalStack, AWS), at which only the
// day with kills is played, once and at an endpoint without resources of an earlier run:
// their names are the same each time, and the faults below need the stand-in. moto ignores
// a rule's InputPath (5.2.1) and is given an input transformer in its place. ENDPOINT_ACCOUNT is
// the account's number there, if it is not 123456789012. A real account is never touched
// by default: without AWS_ENDPOINT_URL it takes ACCOUNT, the account's number, and STAGE
// beside credentials; resources are set up by their names and stay, and the functions
// still run here.
//
// # What stands in for AWS
//
// Lambda: one process per execution environment, as many as the event source mappings'
// MaximumConcurrency asks for; a process that dies is replaced; a batch whose function
// fails, or that names an unknown message, comes again whole. API Gateway: routes and
// integrations of the template, payload format 2.0, every other body in base64. IAM: each
// call of a function is held to its role in the template by action, resource, leading keys
// and source of events; one that the role does not allow is answered AccessDenied, and fails
// the test. So are the calls that Lambda makes with the role. The permissions that were used
// are in testdata/calls.txt (-update adds to it); the everyday tests hold the templates to it.
// CloudWatch: metrics of SQS, Lambda, DynamoDB, EventBridge, API Gateway's access log and the
// functions' own lines, and the templates' alarms over them, in a time that a test lets pass.
//
// Three settings differ from what is deployed, so that nobody waits an hour: queues hide
// a received message for twenty seconds, a call to NetSuite may take two, and a request
// that was given up does not linger, because the fake is done with it.
//
// Schedules do not fire, but for the alarms of polls (a first poll looks back a day, and the
// sample day is older), so deliveries of the sample day that never arrive, which polling makes
// up for, are left out.
//
// # Faults
//
// Played by their ids in the catalogue of faults: F1 to F7, F9 to F11, F17, F50, F51
// and F54. F8, a panic in one record, cannot be played with programs that are not
// made to panic; it is proved in package function. F7 is played as what it is to the
// function, a SIGKILL, also again and again until the order counts as poison.
package aws
