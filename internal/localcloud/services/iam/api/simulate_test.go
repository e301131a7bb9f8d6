package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/testenv"
)

// decide is what the caller of these tests may do.
func decide(service, name string) string {
	switch service + ":" + name {
	case "ec2:DeleteVpc":
		return "explicitDeny"
	case "ec2:CreateVpc", "iam:PassRole":
		return "allowed"
	}
	return "implicitDeny"
}

func TestSimulatePrincipalPolicy_PagesThroughDecisions(t *testing.T) {
	c := newCloud(t)
	in := &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(service.UserARN()), MaxItems: aws.Int32(2),
		ActionNames: []string{"iam:PassRole", "ec2:DeleteVpc", "ec2:CreateVpc", "s3:GetObject"}}
	var got [][]string
	pages := sdk.NewSimulatePrincipalPolicyPaginator(c.Client, in)
	for pages.HasMorePages() {
		var page []string
		for _, r := range must(pages.NextPage(c.ctx))(t).EvaluationResults {
			page = append(page, *r.EvalActionName+" on "+*r.EvalResourceName+": "+string(r.EvalDecision))
			if (r.EvalDecision == "implicitDeny") != (len(r.MatchedStatements) == 0) {
				t.Errorf("%s matches %d statements", *r.EvalActionName, len(r.MatchedStatements))
			}
		}
		got = append(got, page)
	}
	want := [][]string{{"iam:PassRole on *: allowed", "ec2:DeleteVpc on *: explicitDeny"}, {"ec2:CreateVpc on *: allowed", "s3:GetObject on *: implicitDeny"}}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSimulatePrincipalPolicy_RefusesInvalidCalls(t *testing.T) {
	c := newCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	for _, test := range []struct {
		principal, action, marker string
		status                    int
		code                      string
	}{
		{"arn:aws:iam::123456789012:user/nobody", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
		{"arn:aws:iam::123456789012:group/nobody", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
		{"arn:aws:iam::123456789012:role/none", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
		{"arn:aws:iam::123456789012:role/a/path/web", "ec2:CreateVpc", "", 501, "NotSimulated"},
		{"arn:aws:iam::123456789012:root", "ec2:CreateVpc", "", 400, "InvalidInput"},
		{"arn:aws:sts::123456789012:assumed-role/web/me", "ec2:CreateVpc", "", 400, "InvalidInput"},
		{service.UserARN(), "ec2:*", "", 400, "InvalidInput"},
		{service.UserARN(), "CreateVpc", "", 400, "InvalidInput"},
		{service.UserARN(), "ec2:CreateVpc", "nonsense", 400, "ValidationError"},
	} {
		in := &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: &test.principal, ActionNames: []string{test.action}}
		if test.marker != "" {
			in.Marker = &test.marker
		}
		_, err := c.SimulatePrincipalPolicy(c.ctx, in)
		refused(t, err, test.status, test.code, "")
	}
}
