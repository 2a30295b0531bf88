package causeway

import (
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
)

func TestEverySystemThatIsSentToHasOneDoor(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, s := range p.Systems {
			if !s.Has(connector.Receive) {
				continue
			}
			function := p.Name(s.Function(connector.Receive))
			callers := w.callers(function)
			if s.Config.Door == plan.FunctionURL {
				w.named(t, "AWS::Lambda::Url", "AuthType", "NONE")
				if callers["lambda:InvokeFunctionUrl"] != "*" || callers["lambda:InvokeFunction"] != "*" {
					t.Errorf("the URL of %s may be called by %v; it takes both permissions", function, callers)
				}
				continue
			}
			w.named(t, "AWS::ApiGatewayV2::Route", "RouteKey", "POST /hooks/"+s.Name)
			if callers["lambda:InvokeFunction"] != "apigateway.amazonaws.com" {
				t.Errorf("%s may be called by %v", function, callers)
			}
		}
	})
}

// callers returns who may call a function other than EventBridge, by action.
func (w written) callers(function string) map[string]string {
	found := map[string]string{}
	for _, permission := range w.of("AWS::Lambda::Permission") {
		if principal := w.text(permission.Properties["Principal"]); w.functionName(permission.Properties["FunctionName"]) == function && principal != "events.amazonaws.com" {
			found[w.text(permission.Properties["Action"])] = principal
		}
	}
	return found
}

func TestNobodyButAURLIsCalledByEverybody(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for id, permission := range w.of("AWS::Lambda::Permission") {
			narrowed := permission.Properties["SourceArn"] != nil || permission.Properties["FunctionUrlAuthType"] == "NONE" || permission.Properties["InvokedViaFunctionUrl"] == true
			if !narrowed {
				t.Errorf("%s allows %v", id, permission.Properties)
			}
		}
	})
}

func TestTheAPIThrottlesAndLogs(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		stage := w.named(t, "AWS::ApiGatewayV2::Stage", "StageName", "$default")
		if integer(in(stage, "DefaultRouteSettings", "ThrottlingRateLimit")) != p.Stage.Door.Rate || integer(in(stage, "DefaultRouteSettings", "ThrottlingBurstLimit")) != p.Stage.Door.Burst {
			t.Errorf("the API throttles by %v", in(stage, "DefaultRouteSettings"))
		}
		for _, s := range p.Systems {
			if got := integer(in(stage, "RouteSettings", "POST /hooks/"+s.Name, "ThrottlingRateLimit")); s.Config.Rate > 0 && got != s.Config.Rate {
				t.Errorf("the door of %s throttles at %d", s.Name, got)
			}
		}
		format := w.text(in(stage, "AccessLogSettings", "Format"))
		if compact(t, format); strings.Contains(format, "header") || strings.Contains(format, "body") {
			t.Errorf("the access log holds %s", format)
		}
	})
}

func TestADomainTakesTheAPIsPlace(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		domains := w.of("AWS::ApiGatewayV2::DomainName")
		if p.Stage.Door.Domain == "" {
			if len(domains) > 0 {
				t.Errorf("there are domains: %v", domains)
			}
			return
		}
		domain := w.named(t, "AWS::ApiGatewayV2::DomainName", "DomainName", p.Stage.Door.Domain)
		if text := flatten(domain.Properties); !strings.Contains(text, "TLS_1_2") || !strings.Contains(text, p.Stage.Door.Certificate) {
			t.Errorf("the domain is %s", text)
		}
		if api := w.named(t, "AWS::ApiGatewayV2::Api", "ProtocolType", "HTTP"); api.Properties["DisableExecuteApiEndpoint"] != true {
			t.Error("the API's own address is open beside the domain")
		}
		if text := flatten(w.stacks["connectors"].Outputs); !strings.Contains(text, "https://"+p.Stage.Door.Domain+"/hooks/") {
			t.Errorf("the deployment prints %s", text)
		}
	})
}
