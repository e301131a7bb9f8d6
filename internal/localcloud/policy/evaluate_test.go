package policy

import (
	"slices"
	"testing"
)

func mustRead(t *testing.T, text string) Document {
	t.Helper()
	d, err := Identity(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// TestDecide_FollowsPublishedLogic has a case for each sentence of AWS's documentation that decides something. The first
// argument is what the statement has beside its effect, action and resource where it is a condition alone.
func TestDecide_FollowsPublishedLogic(t *testing.T) {
	const (
		allow     = `"Effect": "Allow", "Action": "ec2:*", "Resource": "*"`
		deny      = `"Effect": "Deny", "Action": "ec2:DeleteVpc", "Resource": "*"`
		denyOther = `"Effect": "Deny", "NotAction": "ec2:*", "Resource": "*"`
	)
	one := func(statements ...string) (texts []string) {
		for _, s := range statements {
			texts = append(texts, statement(s))
		}
		return texts
	}
	vpc := Request{"ec2:DeleteVpc", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", nil}
	for _, test := range []struct {
		about              string
		identity, boundary []string
		request            Request
		want               Decision
	}{
		{"by default all requests are denied", nil, nil, vpc, ImplicitDeny},
		{"an allow overrides the default", one(allow), nil, vpc, Allowed},
		{"an explicit deny overrides allows", one(allow, deny), nil, vpc, ExplicitDeny},
		{"whatever their order", one(deny, allow), nil, vpc, ExplicitDeny},
		{"a deny for something else changes nothing", one(allow, denyOther), nil, vpc, Allowed},
		{"a boundary alone allows nothing", nil, one(allow), vpc, ImplicitDeny},
		{"the boundary and the identity's policy intersect", one(allow), one(allow), vpc, Allowed},
		{"what the boundary lacks isn't allowed", one(allow), one(`"Effect": "Allow", "Action": "s3:*", "Resource": "*"`), vpc, ImplicitDeny},
		{"a deny in the boundary overrides", one(allow), one(allow, deny), vpc, ExplicitDeny},

		{"actions are compared without case", one(`"Effect": "Allow", "Action": "EC2:deletevpc", "Resource": "*"`), nil, vpc, Allowed},
		{"wildcards in actions", one(`"Effect": "Allow", "Action": "ec2:D?lete*", "Resource": "*"`), nil, vpc, Allowed},
		{"a wildcard for all actions", one(`"Effect": "Allow", "Action": "*", "Resource": "*"`), nil, vpc, Allowed},
		{"another action", one(`"Effect": "Allow", "Action": "ec2:DeleteVpcs", "Resource": "*"`), nil, vpc, ImplicitDeny},
		{"NotAction is about all others", one(`"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"`), nil, vpc, Allowed},
		{"and not about its own", one(`"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"`), nil, vpc, ImplicitDeny},

		{"the resource as it is", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"`), nil, vpc, Allowed},
		{"wildcards in each part of an ARN", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:vpc/*"`), nil, vpc, Allowed},
		{"resources are compared with case", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:VPC/*"`), nil, vpc, ImplicitDeny},
		{"a wildcard reaches no further than its part", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:vpc/vpc-1:"`), nil, vpc, ImplicitDeny},
		{"but in the last part", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ssm:*:*:a/*"`), nil, Request{"ec2:X", "arn:aws:ssm:us-east-1:1:a/b:c", nil}, Allowed},
		{"an empty part", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*::image/*"`), nil, Request{"ec2:X", "arn:aws:ec2:us-east-1:1:image/ami-1", nil}, ImplicitDeny},
		{"one of several resources", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": ["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:vpc/*"]`), nil, vpc, Allowed},
		{"NotResource is about all others", one(`"Effect": "Allow", "Action": "ec2:*", "NotResource": "arn:aws:ec2:*:*:subnet/*"`), nil, vpc, Allowed},
		{"and not about its own", one(`"Effect": "Allow", "Action": "ec2:*", "NotResource": "arn:aws:ec2:*:*:vpc/*"`), nil, vpc, ImplicitDeny},
		{"an action on all resources needs a statement for all", one(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:vpc/*"`), nil, Request{"ec2:DescribeVpcs", "*", nil}, ImplicitDeny},

		{"a deny whose condition doesn't hold", one(allow, deny+`, "Condition": {"StringEquals": {"aws:username": "eve"}}`), nil, vpc, Allowed},
	} {
		t.Run(test.about, func(t *testing.T) {
			var p Principal
			for _, text := range test.identity {
				p.Identity = append(p.Identity, Policy{"identity", mustRead(t, text)})
			}
			for _, text := range test.boundary {
				p.Boundary = append(p.Boundary, Policy{"boundary", mustRead(t, text)})
			}
			if got := p.Decide(test.request).Decision; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// The cases of conditions. A request has the keys of have; without a value it lacks the key.
func TestDecide_Conditions(t *testing.T) {
	const (
		tag  = "aws:ResourceTag/team"
		keys = "aws:TagKeys"
	)
	for _, test := range []struct {
		condition string
		have      Context
		want      bool
	}{
		{`{"StringEquals": {"aws:ResourceTag/team": "a"}}`, Context{tag: {"a"}}, true},
		{`{"StringEquals": {"aws:ResourceTag/team": "a"}}`, Context{tag: {"A"}}, false},
		{`{"StringEquals": {"aws:ResourceTag/team": "a*"}}`, Context{tag: {"ab"}}, false},
		{`{"StringEquals": {"aws:ResourceTag/team": ["a", "b"]}}`, Context{tag: {"b"}}, true},
		{`{"StringEquals": {"aws:ResourceTag/team": "a"}}`, nil, false},
		{`{"StringEquals": {"AWS:resourcetag/Team": "a"}}`, Context{tag: {"a"}}, true},
		{`{"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}}`, nil, true},
		{`{"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}}`, Context{tag: {"b"}}, false},
		{`{"StringNotEquals": {"aws:ResourceTag/team": "a"}}`, nil, true},
		{`{"StringNotEquals": {"aws:ResourceTag/team": ["a", "b"]}}`, Context{tag: {"b"}}, false},
		{`{"StringNotEquals": {"aws:ResourceTag/team": ["a", "b"]}}`, Context{tag: {"c"}}, true},
		{`{"StringEqualsIgnoreCase": {"aws:ResourceTag/team": "a"}}`, Context{tag: {"A"}}, true},
		{`{"StringNotEqualsIgnoreCase": {"aws:ResourceTag/team": "a"}}`, Context{tag: {"A"}}, false},
		{`{"StringLike": {"aws:ResourceTag/team": "*"}}`, Context{tag: {""}}, true},
		{`{"StringLike": {"aws:ResourceTag/team": "*"}}`, nil, false},
		{`{"StringLike": {"aws:ResourceTag/team": "a?c*"}}`, Context{tag: {"abcd"}}, true},
		{`{"StringLike": {"aws:ResourceTag/team": "a?c"}}`, Context{tag: {"ac"}}, false},
		{`{"StringNotLike": {"aws:ResourceTag/team": "a*"}}`, Context{tag: {"ab"}}, false},
		{`{"Null": {"aws:ResourceTag/team": "true"}}`, nil, true},
		{`{"Null": {"aws:ResourceTag/team": true}}`, Context{tag: {"a"}}, false},
		{`{"Null": {"aws:ResourceTag/team": "false"}}`, Context{tag: {"a"}}, true},
		{`{"Null": {"aws:ResourceTag/team": "false"}}`, nil, false},
		{`{"Bool": {"aws:SecureTransport": "true"}}`, Context{"aws:SecureTransport": {"false"}}, false},
		{`{"Bool": {"aws:SecureTransport": false}}`, Context{"aws:SecureTransport": {"false"}}, true},
		{`{"Bool": {"aws:SecureTransport": "true"}}`, nil, false},
		{`{"BoolIfExists": {"aws:SecureTransport": "true"}}`, nil, true},
		{`{"NumericLessThan": {"aws:EpochTime": "10"}}`, Context{"aws:EpochTime": {"9"}}, true},
		{`{"NumericLessThan": {"aws:EpochTime": 10}}`, Context{"aws:EpochTime": {"10"}}, false},
		{`{"NumericGreaterThanEquals": {"aws:EpochTime": 10}}`, Context{"aws:EpochTime": {"10"}}, true},
		{`{"NumericNotEquals": {"aws:EpochTime": 10}}`, Context{"aws:EpochTime": {"10.0"}}, false},
		{`{"NumericEquals": {"aws:EpochTime": "ten"}}`, Context{"aws:EpochTime": {"10"}}, false},
		{`{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}`, Context{"aws:CurrentTime": {"2026-11-30T00:00:00Z"}}, true},
		{`{"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}`, Context{"aws:CurrentTime": {"2026-11-30T00:00:00Z"}}, false},
		{`{"DateGreaterThan": {"aws:CurrentTime": "1767225600"}}`, Context{"aws:CurrentTime": {"2026-11-30T00:00:00Z"}}, true},
		{`{"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/A*"}}`, Context{"iam:PolicyARN": {"arn:aws:iam::aws:policy/AB"}}, true},
		{`{"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/AB"}}`, Context{"iam:PolicyARN": {"arn:aws:iam::aws:policy/AB"}}, true},
		{`{"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*/AB"}}`, Context{"iam:PolicyARN": {"arn:aws:iam::aws:policy/AB"}}, false},
		{`{"ArnNotLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}`, Context{"iam:PolicyARN": {"arn:aws:iam::aws:policy/AB"}}, false},

		// Set operators. An absent key is an empty set.
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}`, Context{keys: {"a", "b"}}, true},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}`, Context{keys: {"a", "c"}}, false},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}`, nil, true},
		{`{"ForAllValues:StringLike": {"aws:TagKeys": "a*"}}`, Context{keys: {"a", "ab"}}, true},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": "a"}}`, Context{keys: {"b", "a"}}, false},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}`, Context{keys: {"c", "b"}}, true},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}`, Context{keys: {"c"}}, false},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}`, nil, false},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}`, Context{keys: {"a", "b"}}, true},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}`, nil, false},

		// All operators and all keys must hold.
		{`{"StringEquals": {"aws:ResourceTag/team": "a"}, "Null": {"aws:TagKeys": "true"}}`, Context{tag: {"a"}}, true},
		{`{"StringEquals": {"aws:ResourceTag/team": "a"}, "Null": {"aws:TagKeys": "true"}}`, Context{tag: {"a"}, keys: {"x"}}, false},
		{`{"StringEquals": {"aws:ResourceTag/team": "a", "aws:username": "local"}}`, Context{tag: {"a"}}, false},

		// Variables.
		{`{"StringEquals": {"aws:ResourceTag/team": "${aws:username}"}}`, Context{tag: {"local"}, "aws:username": {"local"}}, true},
		{`{"StringLike": {"aws:ResourceTag/team": "${aws:username}-*"}}`, Context{tag: {"local-1"}, "aws:username": {"local"}}, true},
		{`{"StringLike": {"aws:ResourceTag/team": "${aws:username}"}}`, Context{tag: {"anything"}, "aws:username": {"*"}}, false},
		{`{"StringLike": {"aws:ResourceTag/team": "a${*}"}}`, Context{tag: {"ab"}}, false},
		{`{"StringLike": {"aws:ResourceTag/team": "a${*}"}}`, Context{tag: {"a*"}}, true},
		{`{"StringEquals": {"aws:ResourceTag/team": "${aws:username}"}}`, Context{tag: {"${aws:username}"}}, false},
		{`{"StringNotEquals": {"aws:ResourceTag/team": "${aws:username}"}}`, Context{tag: {"x"}}, false},
		{`{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team, 'none'}"}}`, Context{tag: {"none"}}, true},
		{`{"StringEquals": {"aws:ResourceTag/team": "${$}"}}`, Context{tag: {"$"}}, true},
	} {
		p := Principal{Identity: []Policy{{"p", mustRead(t, statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": `+test.condition))}}}
		if got := p.Decide(Request{"ec2:X", "*", test.have}).Decision == Allowed; got != test.want {
			t.Errorf("%s for %v: got %v, want %v", test.condition, test.have, got, test.want)
		}
	}
}

func TestDecide_OldVersionHasNoVariables(t *testing.T) {
	d := mustRead(t, `{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "${aws:username}"}}}}`)
	p := Principal{Identity: []Policy{{"p", d}}}
	if got := p.Decide(Request{"ec2:X", "*", Context{"aws:username": {"local"}}}).Decision; got != ImplicitDeny {
		t.Errorf("the variable was expanded: %s", got)
	}
	if got := p.Decide(Request{"ec2:X", "*", Context{"aws:username": {"${aws:username}"}}}).Decision; got != Allowed {
		t.Errorf("the text isn't taken as it stands: %s", got)
	}
}

func TestDecide_VariablesInResources(t *testing.T) {
	p := Principal{Identity: []Policy{{"p", mustRead(t, statement(`"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/${aws:username}-*"`))}}}
	for arn, want := range map[string]Decision{"arn:aws:iam::1:role/local-web": Allowed, "arn:aws:iam::1:role/other-web": ImplicitDeny} {
		if got := p.Decide(Request{"iam:GetRole", arn, Context{"aws:username": {"local"}}}).Decision; got != want {
			t.Errorf("%s: got %s, want %s", arn, got, want)
		}
	}
}

func TestDecide_SaysWhyAndWhatIsMissing(t *testing.T) {
	p := Principal{
		Identity: []Policy{
			{"a.json", mustRead(t, statement(`"Sid": "Own", "Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"Null": {"aws:ResourceTag/x": "false"}, "StringEquals": {"ec2:CreateAction": "RunInstances"}}`))},
			{"b.json", mustRead(t, statement(`"Sid": "All", "Effect": "Allow", "Action": "ec2:CreateVpc", "Resource": "*"`))},
		},
		Boundary: []Policy{{"c.json", mustRead(t, statement(`"Sid": "Most", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"`))}},
	}
	v := p.Decide(Request{"ec2:CreateVpc", "*", nil})
	if v.Decision != Allowed || !slices.Equal(v.Matched, []Match{{"b.json", "All", "Allow"}}) {
		t.Errorf("got %+v", v)
	}
	v = p.Decide(Request{"ec2:DeleteVpc", "*", Context{"aws:ResourceTag/x": {"1"}}})
	if v.Decision != ImplicitDeny || v.Boundary || !slices.Equal(v.Missing, []string{"ec2:CreateAction"}) {
		t.Errorf("got %+v", v)
	}
	p.Boundary[0].Document = mustRead(t, statement(`"Effect": "Allow", "Action": "s3:*", "Resource": "*"`))
	if v = p.Decide(Request{"ec2:CreateVpc", "*", nil}); v.Decision != ImplicitDeny || !v.Boundary {
		t.Errorf("got %+v", v)
	}
}
