package causeway_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway"
	"causeway.example/shared/routes"
)

// exampleStage is a stage with one flow.
func exampleStage() *causeway.Stage {
	return &causeway.Stage{
		Name: "example",
		Systems: map[string]causeway.System{
			"shopify":  {Settings: map[string]string{"SHOPIFY_SHOPS": "example-brand.myshopify.com"}},
			"netsuite": {Settings: map[string]string{"NETSUITE_ACCOUNT": "1234567", "NETSUITE_AUTH": "token", "NETSUITE_CONSUMER_KEY": "key", "NETSUITE_TOKEN_ID": "token", "NETSUITE_SUBSIDIARIES": "shopify/example-brand.myshopify.com=1", "NETSUITE_CURRENCIES": "USD=1"}},
		},
		Flows:     []string{"shopify-orders-to-netsuite"},
		Door:      causeway.DoorConfig{Rate: 20, Burst: 50},
		Functions: causeway.Functions{Memory: 256, LogLevel: "INFO"},
		Retention: causeway.Retention{Archive: 120, Log: 7},
		Alarms:    causeway.Alarms{Waiting: 60},
	}
}

// A plan finds what would fail only in the account.
func ExampleNewPlan() {
	stage := exampleStage()
	stage.Flows = []string{"shopify-orders-to-sap"}
	_, err := causeway.NewPlan(&causeway.InstallationProps{Stage: stage, Programs: "dist"})
	fmt.Println(err)
	// Output:
	// stage: systems.netsuite: no flow that is on begins or ends in it
	// stage: systems.shopify: no flow that is on begins or ends in it
	// stage: flows: no flow "shopify-orders-to-sap" in the route table
}

// A queue with its dead letters, and a rule that fills it from a bus of the app.
func ExampleNewRoute() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("orders"), nil)
	bus := awsevents.NewEventBus(stack, jsii.String("Bus"), &awsevents.EventBusProps{EventBusName: jsii.String("acme")})
	rule := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("events"), Resource: jsii.String("rule"), ResourceName: jsii.String("acme/orders")})
	queue := causeway.NewQueue(stack, "Orders", &causeway.QueueProps{
		QueueName: "orders", FunctionTimeout: awscdk.Duration_Seconds(jsii.Number(60)), Rule: rule,
	})
	causeway.NewRoute(stack, "OrdersRoute", &causeway.RouteProps{
		Route:    routes.Route{From: "shopify", Flow: "orders", To: "erp", Types: []string{"order.placed"}},
		RuleName: "orders", BusName: bus.EventBusName(), Queue: queue, DeadLetters: queue.DeadLetters.QueueArn(),
	})
	fmt.Println(*queue.Queue.Node().Path(), *queue.DeadLetters.Node().Path())
	// Output: orders/Orders/Queue orders/Orders/DeadQueue
}

// The parts of an installation in one stack of an app, with the app's own grants.
func ExampleNewState() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("one"), nil)
	plan, err := causeway.NewPlan(&causeway.InstallationProps{Stage: exampleStage(), Programs: "dist"})
	if err != nil {
		fmt.Println(err)
		return
	}
	state := causeway.NewState(stack, "State", &causeway.StateProps{Plan: plan})
	messaging := causeway.NewMessaging(stack, "Messaging", &causeway.MessagingProps{Plan: plan})
	causeway.NewWatch(stack, "Watch", &causeway.WatchProps{Plan: plan})
	auditor := awsiam.NewRole(stack, jsii.String("Auditor"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	state.Bucket.GrantRead(auditor, jsii.String("archive/*"))
	messaging.Queues["shopify-orders-to-netsuite"].DeadLetters.GrantConsumeMessages(auditor)
	fmt.Println(len(messaging.Queues), "queues of", plan.Prefix())
	// Output: 14 queues of causeway-example
}
