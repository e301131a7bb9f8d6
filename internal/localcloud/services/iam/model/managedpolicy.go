package model

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// ManagedPolicy is a policy that AWS keeps. The local cloud knows those that let the
// agents on an instance talk to their services.
type ManagedPolicy struct {
	Name, ID, VersionID, Description, Document string
	Created, Updated                           time.Time
}

// ARN is the policy's Amazon Resource Name.
func (p ManagedPolicy) ARN() string { return "arn:aws:iam::aws:policy/" + p.Name }

// ManagedPolicies lists the managed policies that the local cloud knows.
// Source: AWS Managed Policy Reference Guide.
func ManagedPolicies() []ManagedPolicy {
	return []ManagedPolicy{{
		Name: "AmazonSSMManagedInstanceCore", ID: "ANPAIXSHM2BNB2D3AXXRU", VersionID: "v2",
		Description: "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.",
		Created:     time.Date(2019, 3, 15, 17, 22, 12, 0, time.UTC), Updated: time.Date(2019, 5, 23, 16, 54, 21, 0, time.UTC),
		Document: `{"Version":"2012-10-17","Statement":[` +
			allow("ssm:", "DescribeAssociation GetDeployablePatchSnapshotForInstance GetDocument DescribeDocument GetManifest GetParameter GetParameters ListAssociations ListInstanceAssociations PutInventory PutComplianceItems PutConfigurePackageResult UpdateAssociationStatus UpdateInstanceAssociationStatus UpdateInstanceInformation") + "," +
			allow("ssmmessages:", "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel") + "," +
			allow("ec2messages:", "AcknowledgeMessage DeleteMessage FailMessage GetEndpoint GetMessages SendReply") + `]}`,
	}, {
		Name: "CloudWatchAgentServerPolicy", ID: "ANPAIGPPGYJ7CYQRJZUZS", VersionID: "v3",
		Description: "Permissions required to use AmazonCloudWatchAgent on servers",
		Created:     time.Date(2018, 3, 7, 1, 6, 44, 0, time.UTC), Updated: time.Date(2024, 2, 6, 16, 37, 37, 0, time.UTC),
		Document: `{"Version":"2012-10-17","Statement":[` +
			allow("", "cloudwatch:PutMetricData ec2:DescribeVolumes ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries") + "," +
			`{"Effect":"Allow","Action":["ssm:GetParameter"],"Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"}]}`,
	}}
}

// allow writes a statement that allows some actions of a service on everything.
func allow(service, actions string) string {
	return `{"Effect":"Allow","Action":["` + service + strings.ReplaceAll(actions, " ", `","`+service) + `"],"Resource":"*"}`
}

// FindPolicy returns the managed policy of that ARN.
func FindPolicy(policyARN string) (ManagedPolicy, error) {
	if err := checkPolicyARN(policyARN); err != nil {
		return ManagedPolicy{}, err
	}
	p, ok := findManaged(policyARN)
	if !ok {
		return p, unknownPolicy(policyARN, "Policy %s was not found.")
	}
	return p, nil
}

// unknownPolicy is the refusal of a policy that isn't here: AWS's in those words, unless AWS
// may have it.
func unknownPolicy(policyARN, words string) error {
	if strings.Contains(policyARN, ":iam::aws:") {
		return refuse.NotSimulated("managed policy %s is not simulated", policyARN)
	}
	return noSuchEntity(words, policyARN)
}

// FindPolicyVersion returns the managed policy of that ARN if it has that version.
func FindPolicyVersion(policyARN, version string) (ManagedPolicy, error) {
	p, err := FindPolicy(policyARN)
	switch {
	case err != nil || p.VersionID == version:
	case earlier(version, p.VersionID):
		err = refuse.NotSimulated("version %s of managed policy %s is not simulated, only %s", version, policyARN, p.VersionID)
	default:
		err = noSuchEntity("Policy %s version %s does not exist or is not attachable.", policyARN, version)
	}
	return p, err
}

// earlier reports whether a version, such as "v1", was before another.
func earlier(version, other string) bool {
	a, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	b, _ := strconv.Atoi(strings.TrimPrefix(other, "v"))
	return err == nil && a < b
}

// AttachedTo lists the roles that a managed policy is attached to, sorted by name.
func AttachedTo(tx *world.Tx, policyARN string) []*Role {
	return slices.DeleteFunc(Roles(tx, "/"), func(r *Role) bool { return !slices.Contains(r.Attached, policyARN) })
}

// BoundedBy lists the roles whose permissions boundary a managed policy is, sorted by name.
func BoundedBy(tx *world.Tx, policyARN string) []*Role {
	return slices.DeleteFunc(Roles(tx, "/"), func(r *Role) bool { return r.Boundary != policyARN })
}

func findManaged(policyARN string) (ManagedPolicy, bool) {
	for _, p := range ManagedPolicies() {
		if p.ARN() == policyARN {
			return p, true
		}
	}
	return ManagedPolicy{}, false
}

var policyARNShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws:iam::(aws|[0-9]{12}):policy/[\w+=,.@/-]+$`) })

func checkPolicyARN(policyARN string) error {
	if strings.Count(policyARN, ":") < 5 || !strings.HasPrefix(policyARN, "arn:") {
		return refuse.New("ValidationError", "Invalid ARN:  Could not be parsed!")
	}
	if !policyARNShape().MatchString(policyARN) {
		return refuse.New("InvalidInput", "ARN %s is not valid.", policyARN)
	}
	return nil
}
