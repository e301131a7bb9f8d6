package services_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	stssdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	stsapi "github.com/platformctl/platformctl/internal/localcloud/services/sts/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const (
	trust       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	permissions = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}}`
	ssmCore     = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
)

type iamCloud struct {
	*sdk.Client
	sts     *stssdk.Client
	world   *world.World
	handler *wire.Handler
	now     *time.Time
	ctx     context.Context
}

func newIAMCloud(t *testing.T) *iamCloud {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, model.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{}
	if err := handler.Add(append(api.Operations(service.Env{World: w, Decide: decide}), stsapi.Operations(service.Env{DecodeMessage: func(string) (string, bool) { return "", false }})...)...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	who := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	return &iamCloud{world: w, handler: handler, now: &now, ctx: t.Context(),
		Client: sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(), Credentials: who}),
		sts:    stssdk.New(stssdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(), Credentials: who})}
}

func (c *iamCloud) role(name string, tags ...types.Tag) *sdk.CreateRoleInput {
	return &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust), Tags: tags}
}

func TestRoleAndProfile_CreateAndDeleteInOrder(t *testing.T) {
	c := newIAMCloud(t)
	shop := types.Tag{Key: aws.String("platform"), Value: aws.String("shop")}
	made := must(c.CreateRole(c.ctx, c.role("web", shop)))(t).Role
	if !strings.HasPrefix(*made.RoleId, "AROA") || len(*made.RoleId) != 21 || *made.Arn != "arn:aws:iam::123456789012:role/web" || made.MaxSessionDuration != nil {
		t.Fatalf("made %+v", made)
	}
	if *made.AssumeRolePolicyDocument != strings.ReplaceAll(url.QueryEscape(trust), "+", "%20") {
		t.Fatalf("document %s", *made.AssumeRolePolicyDocument)
	}
	for range 2 { // attaching twice is fine
		must(c.AttachRolePolicy(c.ctx, &sdk.AttachRolePolicyInput{RoleName: made.RoleName, PolicyArn: aws.String(ssmCore)}))(t)
	}
	must(c.PutRolePolicy(c.ctx, &sdk.PutRolePolicyInput{RoleName: made.RoleName, PolicyName: aws.String("read"), PolicyDocument: aws.String(permissions)}))(t)
	attached := must(c.ListAttachedRolePolicies(c.ctx, &sdk.ListAttachedRolePoliciesInput{RoleName: made.RoleName}))(t).AttachedPolicies
	inline := must(c.ListRolePolicies(c.ctx, &sdk.ListRolePoliciesInput{RoleName: made.RoleName}))(t).PolicyNames
	if len(attached) != 1 || *attached[0].PolicyName != "AmazonSSMManagedInstanceCore" || !slices.Equal(inline, []string{"read"}) {
		t.Fatalf("attached %v inline %v", attached, inline)
	}
	if count := must(c.GetPolicy(c.ctx, &sdk.GetPolicyInput{PolicyArn: aws.String(ssmCore)}))(t).Policy.AttachmentCount; *count != 1 {
		t.Fatalf("attachments %d", *count)
	}
	must(c.CreateInstanceProfile(c.ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("web"), Tags: []types.Tag{shop}}))(t)
	add := &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: made.RoleName}
	must(c.AddRoleToInstanceProfile(c.ctx, add))(t)
	_, err := c.AddRoleToInstanceProfile(c.ctx, add)
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	profile := must(c.GetInstanceProfile(c.ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: aws.String("web")}))(t).InstanceProfile
	if len(profile.Roles) != 1 || *profile.Roles[0].RoleName != "web" || len(profile.Tags) != 1 {
		t.Fatalf("profile %+v", profile)
	}

	// Deleting in the wrong order is refused at every step.
	remove := func() error {
		_, err := c.DeleteRole(c.ctx, &sdk.DeleteRoleInput{RoleName: made.RoleName})
		return err
	}
	_, err = c.DeleteInstanceProfile(c.ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: aws.String("web")})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	refused(t, remove(), 409, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	must(c.RemoveRoleFromInstanceProfile(c.ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: made.RoleName}))(t)
	must(c.DeleteInstanceProfile(c.ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: aws.String("web")}))(t)
	refused(t, remove(), 409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	must(c.DetachRolePolicy(c.ctx, &sdk.DetachRolePolicyInput{RoleName: made.RoleName, PolicyArn: aws.String(ssmCore)}))(t)
	refused(t, remove(), 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must(c.DeleteRolePolicy(c.ctx, &sdk.DeleteRolePolicyInput{RoleName: made.RoleName, PolicyName: aws.String("read")}))(t)
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	refused(t, remove(), 404, "NoSuchEntity", "The role with name web cannot be found.")
}

func TestRoles_TagsAndPages(t *testing.T) {
	c := newIAMCloud(t)
	for _, name := range []string{"c", "a", "b"} {
		must(c.CreateRole(c.ctx, c.role(name)))(t)
	}
	var names []string
	for p := sdk.NewListRolesPaginator(c, &sdk.ListRolesInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		for _, r := range must(p.NextPage(c.ctx))(t).Roles {
			names = append(names, *r.RoleName)
		}
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Fatalf("names %v", names)
	}
	must(c.TagRole(c.ctx, &sdk.TagRoleInput{RoleName: aws.String("a"), Tags: []types.Tag{{Key: aws.String("K"), Value: aws.String("1")}, {Key: aws.String("z"), Value: aws.String("")}}}))(t)
	must(c.TagRole(c.ctx, &sdk.TagRoleInput{RoleName: aws.String("a"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("2")}}}))(t)
	must(c.UntagRole(c.ctx, &sdk.UntagRoleInput{RoleName: aws.String("a"), TagKeys: []string{"z", "absent"}}))(t)
	tags := must(c.ListRoleTags(c.ctx, &sdk.ListRoleTagsInput{RoleName: aws.String("a")}))(t).Tags
	if len(tags) != 1 || *tags[0].Key != "k" || *tags[0].Value != "2" {
		t.Fatalf("tags %v", tags)
	}
	if got := must(c.GetRole(c.ctx, &sdk.GetRoleInput{RoleName: aws.String("a")}))(t).Role; len(got.Tags) != 1 {
		t.Fatalf("role %+v", got)
	}
}

func TestIAM_RefusesInvalidCalls(t *testing.T) {
	c := newIAMCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	create := func(change func(*sdk.CreateRoleInput)) func() error {
		return func() error {
			in := c.role("other")
			change(in)
			_, err := c.CreateRole(c.ctx, in)
			return err
		}
	}
	trusting := func(document string) func() error {
		return create(func(in *sdk.CreateRoleInput) { in.AssumeRolePolicyDocument = &document })
	}
	put := func(document string) func() error {
		return func() error {
			_, err := c.PutRolePolicy(c.ctx, &sdk.PutRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("p"), PolicyDocument: &document})
			return err
		}
	}
	attach := func(arn string) func() error {
		return func() error {
			_, err := c.AttachRolePolicy(c.ctx, &sdk.AttachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: &arn})
			return err
		}
	}
	for name, test := range map[string]struct {
		call          func() error
		status        int
		code, message string
	}{
		"twice":      {create(func(in *sdk.CreateRoleInput) { in.RoleName = aws.String("WEB") }), 409, "EntityAlreadyExists", "Role with name WEB already exists."},
		"characters": {create(func(in *sdk.CreateRoleInput) { in.RoleName = aws.String("a b") }), 400, "ValidationError", "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
		"long name":  {create(func(in *sdk.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("x", 65)) }), 400, "ValidationError", ""},
		"path":       {create(func(in *sdk.CreateRoleInput) { in.Path = aws.String("no-slash") }), 400, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		"session":    {create(func(in *sdk.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(60) }), 400, "ValidationError", "1 validation error detected: Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"},
		"boundary":   {create(func(in *sdk.CreateRoleInput) { in.PermissionsBoundary = aws.String(ssmCore) }), 501, "NotSimulated", "platformctl local cloud: parameter PermissionsBoundary of CreateRole is not simulated"},
		"tags twice": {create(func(in *sdk.CreateRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("")}, {Key: aws.String("A"), Value: aws.String("")}}
		}), 400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"not JSON":         {trusting("{"), 400, "MalformedPolicyDocument", "This policy contains invalid Json"},
		"wrong version":    {trusting(`{"Version":"2020-01-01","Statement":[]}`), 400, "MalformedPolicyDocument", "The policy must contain a valid version string"},
		"unknown field":    {trusting(`{"Statements":[]}`), 400, "MalformedPolicyDocument", "Syntax errors in policy."},
		"trust resource":   {trusting(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}`), 400, "MalformedPolicyDocument", "Has prohibited field Resource"},
		"trust action":     {trusting(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}}`), 400, "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions."},
		"trust principal":  {trusting(`{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2"},"Action":"sts:AssumeRole"}}`), 400, "MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"ec2"`},
		"no resource":      {put(`{"Statement":{"Effect":"Allow","Action":"s3:*"}}`), 400, "MalformedPolicyDocument", "Policy statement must contain resources."},
		"no vendor":        {put(`{"Statement":{"Effect":"Allow","Action":"get","Resource":"*"}}`), 400, "MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"inline principal": {put(trust), 400, "MalformedPolicyDocument", "Policy document should not specify a principal."},
		"inline size":      {put(strings.Replace(permissions, "s3:GetObject", "s3:"+strings.Repeat("x", 10300), 1)), 409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role web"},
		"unknown policy":   {attach("arn:aws:iam::123456789012:policy/none"), 404, "NoSuchEntity", "Policy arn:aws:iam::123456789012:policy/none does not exist or is not attachable."},
		"AWS's policy":     {attach("arn:aws:iam::aws:policy/ReadOnlyAccess"), 501, "NotSimulated", "platformctl local cloud: managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is not simulated"},
		"no ARN":           {attach("a-name-that-is-no-arn"), 400, "ValidationError", "Invalid ARN:  Could not be parsed!"},
		"nobody":           {trusting(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody"},"Action":"sts:AssumeRole"}}`), 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nobody"`},
		"nobody's role":    {trusting(`{"Statement":{"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:role/x/web"]},"Action":"sts:AssumeRole"}}`), 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/x/web"`},
		"no principal":     {trusting(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"nonsense"},"Action":"sts:AssumeRole"}}`), 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"nonsense"`},
		"foreign role":     {trusting(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:role/web"},"Action":"sts:AssumeRole"}}`), 501, "NotSimulated", ""},
		"malformed ARN":    {attach("arn:aws:iam::aws:policies/AmazonSSMX"), 400, "InvalidInput", "ARN arn:aws:iam::aws:policies/AmazonSSMX is not valid."},
		"detach unattached": {func() error {
			_, err := c.DetachRolePolicy(c.ctx, &sdk.DetachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: aws.String(ssmCore)})
			return err
		}, 404, "NoSuchEntity", "Policy " + ssmCore + " was not found."},
		"no profile": {func() error {
			_, err := c.GetInstanceProfile(c.ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: aws.String("web")})
			return err
		}, 404, "NoSuchEntity", "Instance Profile web cannot be found."},
		"other case": {func() error { _, err := c.GetRole(c.ctx, &sdk.GetRoleInput{RoleName: aws.String("Web")}); return err }, 404, "NoSuchEntity", "The role with name Web cannot be found."},
		"page size":  {func() error { _, err := c.ListRoles(c.ctx, &sdk.ListRolesInput{MaxItems: aws.Int32(1001)}); return err }, 400, "ValidationError", "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, test.call(), test.status, test.code, test.message) })
	}
	if roles := must(c.ListRoles(c.ctx, &sdk.ListRolesInput{}))(t).Roles; len(roles) != 1 {
		t.Fatalf("refusals left %d roles", len(roles))
	}
}

func TestLookUpProfile_UnknownUntilPropagated(t *testing.T) {
	c := newIAMCloud(t)
	lookUp := func(name, arn string) (err error) {
		_ = c.world.View("eu-west-1", func(tx *world.Tx) error { _, err = model.LookUpProfile(tx, name, arn); return nil })
		return err
	}
	c.world.SetSwitches(world.Switches{IAMPropagation: 10 * time.Second})
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	profile := must(c.CreateInstanceProfile(c.ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")}))(t).InstanceProfile
	unknown := "InvalidParameterValue: Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
	noRole := `InvalidParameterValue: IAM Instance Profile "arn:aws:iam::123456789012:instance-profile/web" has no associated IAM Roles`
	step := func(after time.Duration, name, arn, want string) {
		t.Helper()
		*c.now = c.now.Add(after)
		got := ""
		if err := lookUp(name, arn); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	step(9*time.Second, "web", "", unknown)
	step(0, "", *profile.Arn, "InvalidParameterValue: Value ("+*profile.Arn+") for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN")
	step(time.Second, "web", "", noRole)
	must(c.AddRoleToInstanceProfile(c.ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("web")}))(t)
	step(9*time.Second, "web", "", noRole)
	step(time.Second, "web", "", "")
	step(0, "", *profile.Arn, "")
}

func TestGetRole_HidesNewDuringDelay(t *testing.T) {
	c := newIAMCloud(t)
	c.world.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: 3 * time.Second}})
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	get := func() error {
		_, err := c.GetRole(c.ctx, &sdk.GetRoleInput{RoleName: aws.String("web")})
		return err
	}
	refused(t, get(), 404, "NoSuchEntity", "The role with name web cannot be found.")
	*c.now = c.now.Add(3 * time.Second)
	if err := get(); err != nil {
		t.Fatal(err)
	}
}

func TestGetCallerIdentity_IsLocalUser(t *testing.T) {
	c := newIAMCloud(t)
	who := must(c.sts.GetCallerIdentity(c.ctx, &stssdk.GetCallerIdentityInput{}))(t)
	if *who.Account != "123456789012" || *who.Arn != "arn:aws:iam::123456789012:user/local" {
		t.Fatalf("who %+v", who)
	}
	_, err := c.sts.DecodeAuthorizationMessage(c.ctx, &stssdk.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("x")})
	refused(t, err, 400, "InvalidAuthorizationMessageException", "")
}

// What nobody can make here is listed as the truth: there is one user, and none of the rest.
func TestList_OfWhatNobodyMade(t *testing.T) {
	c := newIAMCloud(t)
	must(c.CreateRole(c.ctx, c.role("web")))(t)
	must(c.AttachRolePolicy(c.ctx, &sdk.AttachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: aws.String(ssmCore)}))(t)
	users := must(c.ListUsers(c.ctx, &sdk.ListUsersInput{}))(t).Users
	if len(users) != 1 || *users[0].Arn != service.UserARN() || *users[0].UserId != world.UserID {
		t.Errorf("users %+v", users)
	}
	if under := must(c.ListUsers(c.ctx, &sdk.ListUsersInput{PathPrefix: aws.String("/team/")}))(t).Users; len(under) != 0 {
		t.Errorf("users under a path: %+v", under)
	}
	attached := must(c.ListPolicies(c.ctx, &sdk.ListPoliciesInput{OnlyAttached: true}))(t).Policies
	own := must(c.ListPolicies(c.ctx, &sdk.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}))(t).Policies
	if len(attached) != 1 || *attached[0].Arn != ssmCore || attached[0].Description != nil || len(own) != 0 {
		t.Errorf("attached %+v, own %+v", attached, own)
	}
	_, err := c.ListPolicies(c.ctx, &sdk.ListPoliciesInput{})
	refused(t, err, 501, "NotSimulated", "")
	groups := must(c.ListGroups(c.ctx, &sdk.ListGroupsInput{}))(t)
	certificates := must(c.ListServerCertificates(c.ctx, &sdk.ListServerCertificatesInput{}))(t)
	saml := must(c.ListSAMLProviders(c.ctx, &sdk.ListSAMLProvidersInput{}))(t)
	oidc := must(c.ListOpenIDConnectProviders(c.ctx, &sdk.ListOpenIDConnectProvidersInput{}))(t)
	if n := len(groups.Groups) + len(certificates.ServerCertificateMetadataList) + len(saml.SAMLProviderList) + len(oidc.OpenIDConnectProviderList); n != 0 {
		t.Errorf("%d of what nobody made", n)
	}
}
