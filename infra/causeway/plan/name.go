package plan

import (
	"strings"
	"unicode"
)

// Logical joins names to an id: Logical("shopify-inbox", "queue") is ShopifyInboxQueue.
func Logical(names ...string) string {
	var id strings.Builder
	for _, name := range names {
		for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			id.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return id.String()
}

// RulesDead is the queue for events that no rule could hand over, as EventBridge writes them.
const RulesDead = "rules-dead"

// FunctionURL is the value of System.Door for an address of the function itself.
const FunctionURL = "function-url"

// Path returns the path of the system's door behind the API: "/hooks/shopify".
func (s Installed) Path() string { return "/hooks/" + s.Name }

// RouteKey returns the key of the door's route in API Gateway: "POST /hooks/shopify".
func (s Installed) RouteKey() string { return "POST " + s.Path() }

// Bucket returns the bucket's name, for CloudFormation to fill in: bucket names are unique in
// the world.
func (p *Plan) Bucket() string { return p.prefix + "-${AWS::AccountId}-${AWS::Region}" }
