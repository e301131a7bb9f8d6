package policy

import (
	"errors"
	"strings"
	"testing"
)

// statement wraps members of a statement into a document.
func statement(members string) string {
	return `{"Version": "2012-10-17", "Statement": [{` + members + `}]}`
}

func TestIdentity_RefusesMalformedDocuments(t *testing.T) {
	const rest = `"Effect": "Allow", "Action": "ec2:*", "Resource": "*"`
	condition := func(text string) string { return statement(rest + `, "Condition": ` + text) }
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":                   {`{`, "This policy contains invalid Json"},
		"text behind":               {statement(rest) + `x`, "This policy contains invalid Json"},
		"a list":                    {`[]`, "Syntax errors in policy."},
		"version":                   {strings.Replace(statement(rest), "2012-10-17", "2012-10-18", 1), "The policy must contain a valid version string"},
		"version as number":         {`{"Version": 2012, "Statement": []}`, "The policy must contain a valid version string"},
		"no statement":              {`{"Version": "2012-10-17"}`, "Syntax errors in policy."},
		"empty list":                {`{"Version": "2012-10-17", "Statement": []}`, "Syntax errors in policy."},
		"unknown element":           {`{"Version": "2012-10-17", "Statements": []}`, "Syntax errors in policy."},
		"unknown in statement":      {statement(rest + `, "Comment": "x"`), "Syntax errors in policy."},
		"case of an element":        {statement(`"effect": "Allow", "Action": "ec2:*", "Resource": "*"`), "Syntax errors in policy."},
		"element twice":             {statement(rest + `, "Effect": "Deny"`), "Syntax errors in policy."},
		"no effect":                 {statement(`"Action": "ec2:*", "Resource": "*"`), "Syntax errors in policy."},
		"effect":                    {statement(`"Effect": "allow", "Action": "ec2:*", "Resource": "*"`), "Syntax errors in policy."},
		"Sid":                       {statement(rest + `, "Sid": "a b"`), "Syntax errors in policy."},
		"Sid twice":                 {`{"Version": "2012-10-17", "Statement": [{"Sid": "a", ` + rest + `}, {"Sid": "a", ` + rest + `}]}`, "Statement IDs (SID) in a single policy must be unique."},
		"principal":                 {statement(rest + `, "Principal": "*"`), "Policy document should not specify a principal."},
		"no action":                 {statement(`"Effect": "Allow", "Resource": "*"`), "Policy statement must contain actions."},
		"no actions":                {statement(`"Effect": "Allow", "Action": [], "Resource": "*"`), "Policy statement must contain actions."},
		"Action and NotAction":      {statement(rest + `, "NotAction": "s3:*"`), "Syntax errors in policy."},
		"action without vendor":     {statement(`"Effect": "Allow", "Action": "CreateVpc", "Resource": "*"`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"action with two colons":    {statement(`"Effect": "Allow", "Action": "ec2:a:b", "Resource": "*"`), "Actions/Condition can contain only one colon."},
		"vendor of the action":      {statement(`"Effect": "Allow", "Action": "e_c2:a", "Resource": "*"`), "Vendor e_c2 is not valid"},
		"action as number":          {statement(`"Effect": "Allow", "Action": 1, "Resource": "*"`), "Syntax errors in policy."},
		"action as object":          {statement(`"Effect": "Allow", "Action": {}, "Resource": "*"`), "Syntax errors in policy."},
		"no resource":               {statement(`"Effect": "Allow", "Action": "ec2:*"`), "Policy statement must contain resources."},
		"Resource and NotResource":  {statement(rest + `, "NotResource": "*"`), "Syntax errors in policy."},
		"resource that is no ARN":   {statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "vpc-1"`), `Resource vpc-1 must be in ARN format or "*".`},
		"ARN that is too short":     {statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*"`), "The policy failed legacy parsing"},
		"wildcard for the service":  {statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:e*:*:*:vpc/*"`), "Resource vendor must be fully qualified and cannot contain regexes."},
		"operator":                  {condition(`{"StringIs": {"aws:username": "a"}}`), "Invalid Condition type : StringIs."},
		"set of values":             {condition(`{"ForSomeValues:StringEquals": {"aws:TagKeys": "a"}}`), "Invalid Condition type : ForSomeValues:StringEquals."},
		"Null with IfExists":        {condition(`{"NullIfExists": {"aws:TagKeys": "true"}}`), "Invalid Condition type : NullIfExists."},
		"condition without a key":   {condition(`{"StringEquals": {}}`), "Syntax errors in policy."},
		"key without vendor":        {condition(`{"StringEquals": {"username": "a"}}`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"condition that is a text":  {condition(`"x"`), "Syntax errors in policy."},
		"operator that has a text":  {condition(`{"StringEquals": "x"}`), "Syntax errors in policy."},
		"value that is an object":   {condition(`{"StringEquals": {"aws:username": {}}}`), "Syntax errors in policy."},
		"resource with only spaces": {statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": " "`), `Resource   must be in ARN format or "*".`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Identity(test.text)
			if _, malformed := errors.AsType[*Malformed](err); !malformed || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// What the local cloud can't decide by is refused by its name, and not passed over.
func TestIdentity_NamesWhatIsNotSimulated(t *testing.T) {
	for text, want := range map[string]string{
		`"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`:            "condition key aws:SourceIp is not simulated",
		`"Condition": {"StringEquals": {"ec2:InstanceType": "t3.micro"}}`:       "condition key ec2:InstanceType is not simulated",
		`"Condition": {"StringEquals": {"aws:TagKeys": "a"}}`:                   "condition key aws:TagKeys without ForAllValues or ForAnyValue is not simulated",
		`"Condition": {"StringEquals": {"aws:ResourceTag/": "a"}}`:              "condition key aws:ResourceTag/ is not simulated",
		`"Condition": {"StringEquals": {"aws:username": "${aws:FederatedBy}"}}`: "policy variable ${aws:FederatedBy} is not simulated",
	} {
		_, err := Identity(statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "*", ` + text))
		if _, named := errors.AsType[*NotSimulated](err); !named || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	_, err := Identity(statement(`"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:vpc/${saml:aud}"`))
	if err == nil || err.Error() != "policy variable ${saml:aud} is not simulated" {
		t.Errorf("got %v", err)
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add(statement(`"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "*", "Condition": {"Null": {"aws:TagKeys": true}}`))
	f.Add(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}/*"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Identity(text)
		if err == nil {
			Principal{Identity: []Policy{{"p", d}}}.Decide(Request{"ec2:CreateVpc", "arn:aws:ec2:us-east-1:1:vpc/*", Context{"aws:username": {"local"}}})
		}
	})
}
