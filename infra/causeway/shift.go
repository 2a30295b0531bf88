package causeway

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// aliasName is the alias that triggers invoke if the stage shifts deployments.
const aliasName = "live"

// shift creates a version of the function, and an alias that CodeDeploy moves to it bit by
// bit. An alarm on the new version's errors stops the move and rolls it back. The alarm
// sends no notification: the failed deployment does.
//
// Application and deployment group are plain resources, because package awscodedeploy brings
// the packages of EC2, ECS and load balancers with it: 26 packages for two resources.
func (p *Plan) shift(scope constructs.Construct, id string, function awslambda.Function) awslambda.IFunction {
	alias := awslambda.NewAlias(scope, jsii.String(id+"Alias"), &awslambda.AliasProps{AliasName: jsii.String(aliasName), Version: function.CurrentVersion()})
	alarm := awscloudwatch.NewCfnAlarm(scope, jsii.String(id+"DeploymentAlarm"), &awscloudwatch.CfnAlarmProps{
		AlarmName:          jsii.String(*function.PhysicalName() + "-deployment"),
		AlarmDescription:   jsii.String("Stops a deployment of " + *function.PhysicalName() + " and rolls it back: the alias had 3 errors within 5 minutes."),
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"), Threshold: number(3), EvaluationPeriods: number(5), DatapointsToAlarm: number(1),
		Namespace: jsii.String("AWS/Lambda"), MetricName: jsii.String("Errors"), Statistic: jsii.String("Sum"), Period: number(60), TreatMissingData: jsii.String("notBreaching"),
		Dimensions: []any{
			&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String("FunctionName"), Value: function.PhysicalName()},
			&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String("Resource"), Value: jsii.String(*function.PhysicalName() + ":" + aliasName)},
		},
	})
	role := awsiam.NewRole(scope, jsii.String(id+"DeploymentRole"), &awsiam.RoleProps{
		Description: jsii.String("Permissions of CodeDeploy for the function " + *function.PhysicalName()),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("codedeploy.amazonaws.com"), nil), PermissionsBoundary: p.props.PermissionsBoundary,
		InlinePolicies: &map[string]awsiam.PolicyDocument{"shift": deploymentPolicy(function, alarm)},
	})
	application := awscdk.NewCfnResource(scope, jsii.String(id+"Deployments"), &awscdk.CfnResourceProps{
		Type: jsii.String("AWS::CodeDeploy::Application"), Properties: &map[string]any{"ApplicationName": function.PhysicalName(), "ComputePlatform": "Lambda"},
	})
	group := awscdk.NewCfnResource(scope, jsii.String(id+"DeploymentGroup"), &awscdk.CfnResourceProps{
		Type: jsii.String("AWS::CodeDeploy::DeploymentGroup"), Properties: &map[string]any{
			"ApplicationName": application.Ref(), "DeploymentGroupName": function.PhysicalName(), "ServiceRoleArn": role.RoleArn(),
			"DeploymentConfigName":      "CodeDeployDefault.Lambda" + p.Stage.Functions.Shift,
			"DeploymentStyle":           map[string]any{"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
			"AlarmConfiguration":        map[string]any{"Enabled": true, "Alarms": []any{map[string]any{"Name": alarm.Ref()}}},
			"AutoRollbackConfiguration": map[string]any{"Enabled": true, "Events": []any{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"}},
		},
	})
	alias.Node().DefaultChild().(awscdk.CfnResource).CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{
		CodeDeployLambdaAliasUpdate: &awscdk.CfnCodeDeployLambdaAliasUpdate{ApplicationName: application.Ref(), DeploymentGroupName: group.Ref()},
	})
	return alias
}

// deploymentPolicy is what CodeDeploy calls to shift one function, as far as these calls have
// resources.
func deploymentPolicy(function awslambda.Function, alarm awscloudwatch.CfnAlarm) awsiam.PolicyDocument {
	own := arn("lambda", "function:"+*function.PhysicalName())
	aliases := arn("lambda", "function:"+*function.PhysicalName()+":*")
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Shift"), Actions: jsii.Strings("lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"), Resources: &[]*string{own, aliases},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Watch"), Actions: jsii.Strings("cloudwatch:DescribeAlarms"), Resources: &[]*string{alarm.AttrArn()},
		}),
	}})
}
