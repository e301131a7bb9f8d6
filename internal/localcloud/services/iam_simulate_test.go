package services_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/testenv"
)

// decide is what the caller of these tests may do.
func decide(r policy.Request) policy.Verdict {
	matched := []policy.Match{{Policy: "p", Sid: "s"}}
	switch r.Action {
	case "ec2:DeleteVpc":
		return policy.Verdict{Decision: policy.ExplicitDeny, Matched: matched}
	case "ec2:CreateVpc", "iam:PassRole":
		return policy.Verdict{Decision: policy.Allowed, Matched: matched}
	}
	return policy.Verdict{Decision: policy.ImplicitDeny}
}

func TestSimulatePrincipalPolicy_PagesThroughDecisions(t *testing.T) {
	c := newIAMCloud(t)
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
	c := newIAMCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	for _, test := range []struct {
		principal, action, marker string
		status                    int
		code                      string
	}{
		{"arn:aws:iam::123456789012:user/nobody", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
		{"arn:aws:iam::123456789012:group/nobody", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
		{"arn:aws:iam::123456789012:role/none", "ec2:CreateVpc", "", 404, "NoSuchEntity"},
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
		message := ""
		if test.status == 404 {
			message = "Unable to retrieve specified IAM entity."
		}
		refused(t, err, test.status, test.code, message)
	}
}

// An operation that needs no credentials is judged as any other; all others need some.
func TestUnsigned_OnlyWhereNoneAreNeeded(t *testing.T) {
	c := newIAMCloud(t)
	for body, want := range map[string]string{
		"Action=AssumeRoleWithWebIdentity&Version=2011-06-15": "501 NotSimulated",
		"Action=AssumeRoleWithSAML&Version=2011-06-15":        "501 NotSimulated",
		"Action=GetCallerIdentity&Version=2011-06-15":         "403 MissingAuthenticationToken",
		"Action=CreateRole&Version=2010-05-08":                "403 MissingAuthenticationToken",
		"":                                                    "403 MissingAuthenticationToken",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		_, code, _ := strings.Cut(w.Body.String(), "<Code>")
		code, _, _ = strings.Cut(code, "<")
		if got := fmt.Sprint(w.Code, " ", code); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// What a role may do is decided by its own policies, within its boundary, and by the context that the caller gives.
func TestSimulatePrincipalPolicy_GoesByRolesPolicies(t *testing.T) {
	c := newIAMCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	name := aws.String("web")
	must(c.PutRolePolicy(c.ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("mine"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}},
		{"Effect":"Allow","Action":"ssm:UpdateInstanceInformation","Resource":"*"},
		{"Effect":"Deny","Action":"ec2:DeleteVpc","Resource":"*"}]}`)}))(t)
	decisions := func(team string) (all []string) {
		in := &sdk.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:role/web"),
			ActionNames: []string{"ec2:StopInstances", "ec2:DeleteVpc", "ssm:UpdateInstanceInformation", "s3:GetObject"}}
		if team != "" {
			in.ContextEntries = []types.ContextEntry{{ContextKeyName: aws.String("aws:ResourceTag/team"), ContextKeyType: "string", ContextKeyValues: []string{team}}}
		}
		for _, r := range must(c.SimulatePrincipalPolicy(c.ctx, in))(t).EvaluationResults {
			all = append(all, fmt.Sprint(string(r.EvalDecision), r.MissingContextValues))
		}
		return all
	}
	for team, want := range map[string][]string{
		"":  {"implicitDeny[aws:ResourceTag/team]", "explicitDeny[aws:ResourceTag/team]", "allowed[]", "implicitDeny[]"},
		"a": {"allowed[]", "explicitDeny[]", "allowed[]", "implicitDeny[]"},
		"b": {"implicitDeny[]", "explicitDeny[]", "allowed[]", "implicitDeny[]"},
	} {
		if diff := testenv.Diff(want, decisions(team)); diff != "" {
			t.Errorf("team %q: %s", team, diff)
		}
	}
	must(c.PutRolePermissionsBoundary(c.ctx, &sdk.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: aws.String(ssmCore)}))(t)
	if diff := testenv.Diff([]string{"implicitDeny[]", "explicitDeny[]", "allowed[]", "implicitDeny[]"}, decisions("a")); diff != "" {
		t.Errorf("within a boundary: %s", diff)
	}
}

func TestPutRolePolicy_RefusesWhatItCannotDecideBy(t *testing.T) {
	c := newIAMCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	_, err := c.PutRolePolicy(c.ctx, &sdk.PutRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("mine"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`)})
	refused(t, err, 501, "NotSimulated", "platformctl local cloud: condition key aws:MultiFactorAuthPresent is not simulated")
}
