package plantest

import (
	"net/http"
	"time"

	"causeway.example/functions"
	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/routes"
)

// Toy is a system that exists in tests alone, with every role there is.
func Toy() functions.System {
	profile := connector.Profile{
		Name: "toyshop", Title: "Toyshop (v1)", Concurrency: 9, Timeout: 5 * time.Second,
		Roles:    []connector.Role{connector.Receive, connector.Translate, connector.Deliver, connector.Poll, connector.Pickup},
		Settings: []string{"TOYSHOP_SHELF", "TOYSHOP_KEY"}, Secrets: []string{"TOYSHOP_KEY"},
	}
	return functions.System{Profile: profile, Open: func(settings map[string]string, deps connector.Deps) (connector.System, error) {
		if settings["TOYSHOP_SHELF"] == "" || settings["TOYSHOP_KEY"] == "" {
			return connector.System{}, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "opening toyshop", Field: "TOYSHOP_SHELF", Detail: "is not set"}
		}
		request, err := http.NewRequest(http.MethodGet, "https://toyshop.example", nil)
		if err != nil {
			return connector.System{}, err
		}
		if answer, err := deps.HTTP.RoundTrip(request); err == nil {
			return connector.System{}, answer.Body.Close()
		}
		return connector.System{Profile: profile, Source: toySource{}}, nil
	}}
}

// toySource accepts events of a partner bus; none are sent here.
type toySource struct {
	connector.Source
	connector.Partner
}

// ToyRoute is a flow from the toy to itself.
var ToyRoute = routes.Route{From: "toyshop", Flow: "orders", To: "toyshop", Types: []string{canonical.OrderPlaced}}

// ToyStage is a stage of the toy alone, which uses everything that there is.
func ToyStage(config plan.System) *plan.Stage {
	return &plan.Stage{
		Name: "toy", Systems: map[string]plan.System{"toyshop": config}, Flows: []string{ToyRoute.Name()},
		Door: plan.DoorConfig{Rate: 1, Burst: 1}, Functions: plan.Functions{Memory: 128, LogLevel: "INFO", Reserve: true, Shift: "Canary10Percent5Minutes"},
		Retention: plan.Retention{Archive: 91, Log: 7}, Alarms: plan.Alarms{Waiting: 10},
	}
}

// ToyConfig returns the toy's part of its stage.
func ToyConfig() plan.System {
	return plan.System{Settings: map[string]string{"TOYSHOP_SHELF": "top"}, Partner: "aws.partner/toyshop.example/1"}
}
