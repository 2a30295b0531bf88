package causeway

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
)

// fixLogicalIDs gives every resource of the stack the logical id that its path spells,
// without the hash that CDK appends: ShopifyInbox/Queue/Resource is ShopifyInboxQueue. The
// ids are part of an installation: CloudFormation replaces a resource whose id changes, and
// two resources of one physical name cannot exist. Groups are the parts of paths that only
// group constructs, and are not spelled.
func fixLogicalIDs(stack awscdk.Stack, groups []string) {
	root := *stack.Node().Path() + "/"
	for _, each := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		element, ok := each.(awscdk.CfnElement)
		if !ok {
			continue
		}
		path := strings.TrimPrefix(*element.Node().Path(), root)
		if strings.Contains(path, "/") && !strings.Contains(path, versionPart) {
			element.OverrideLogicalId(jsii.String(spell(path, groups)))
		}
	}
}

// versionPart is in the path of a function's version. CDK derives its id from the function's
// code and configuration, because a changed function needs a new version.
const versionPart = "/CurrentVersion/"

// spell joins the parts of a path, without groups and what CDK's own constructs add.
func spell(path string, groups []string) string {
	var id strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part != "Resource" && part != whole && !slices.Contains(groups, part) {
			id.WriteString(plan.Logical(part))
		}
	}
	return id.String()
}

// sub is a text in which CloudFormation replaces ${AWS::Region} and the like.
func sub(text string) *string { return awscdk.Fn_Sub(jsii.String(text), nil) }

// arn is the ARN of a resource of this account and region by its physical name. Stacks name
// each other's resources in this way instead of exporting values, so that each of them can
// be rolled back alone.
func arn(service, name string) *string {
	text := "arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + name
	if !*awscdk.Token_IsUnresolved(name) {
		return sub(text)
	}
	pseudo := strings.NewReplacer("${AWS::Partition}", *awscdk.Aws_PARTITION(), "${AWS::Region}", *awscdk.Aws_REGION(), "${AWS::AccountId}", *awscdk.Aws_ACCOUNT_ID())
	return jsii.String(pseudo.Replace(text))
}

// arns is arn for several names.
func arns(service string, names ...string) []*string {
	all := make([]*string, len(names))
	for i, name := range names {
		all[i] = arn(service, name)
	}
	return all
}

// number converts to the one numeric type of CDK.
func number(n int) *float64 { return jsii.Number(float64(n)) }

func seconds(n int) awscdk.Duration { return awscdk.Duration_Seconds(number(n)) }

func days(n int) awscdk.Duration { return awscdk.Duration_Days(number(n)) }
