//go:build judges

package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// recordedVariable names the environment variable with the folder of AWS's replies as others recorded them.
const recordedVariable = "PLATFORMCTL_RECORDED"

// seldom is below which number of sightings a member counts as one that is there at times.
const seldom = 5

// replyFacts are what is known of an operation's replies.
type replyFacts struct {
	members  map[string]bool   // path → whether it is always there where what it lies in is
	statuses map[string]string // code of a refusal → its status
}

// counted is what a census says of an operation: its refusals, such as "400 DependencyViolation", and for each path how often
// it was there and how often what it lies in was.
type counted struct {
	Refusals map[string]int
	Fields   map[string][2]int
}

// differences are where replies here are known to differ from those that were recorded: patterns, and why.
var differences = map[string]string{
	`^acm\.DescribeCertificate Certificate\.DomainValidationOptions\[\]\.Validation(Method|Status) is missing at times$`:               "those that were counted are all requested; an imported certificate was recorded with names alone",
	`^ec2\.DescribeNatGateways NatGateways\[\]\.NatGatewayAddresses\[\]\.(NetworkInterfaceId|PrivateIp|PublicIp) is missing at times$`: "those that were recorded are all available; one that is pending or failed has no address yet",
	`^ec2\.DescribeNetworkAcls NetworkAcls\[\]\.Entries\[\]\.CidrBlock is missing at times$`:                                           "none of those that were recorded is about IPv6",
	`^iam\.SimulatePrincipalPolicy EvaluationResults\[\]\.MatchedStatements\[\]\.(Start|End)Position is missing$`:                      "the simulator here names policies, and not places in their text",
	`^ssm\.DescribeInstanceInformation InstanceInformationList\[\]\.(Association|LastAssociation|LastSuccessful)\w+ is missing`:        "State Manager isn't simulated, so no instance has an association",
}

// judgeReplies holds the replies of a recording against the table of what real ones have.
func judgeReplies(t *testing.T, dir string) {
	t.Helper()
	t.Run("replies", func(t *testing.T) {
		facts, judged := readFacts(t), 0
		for _, difference := range differ(takeCensus(t, dir), facts, &judged) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(differences)), func(p string) bool { return regexp.MustCompile(p).MatchString(difference) }) {
				t.Errorf("other than what AWS was recorded to answer: %s", difference)
			}
		}
		if judged == 0 {
			t.Error("no operation of the recording is in the table, which proves nothing")
		}
		t.Logf("%d operations held against %d of recorded replies", judged, len(facts))
	})
}

// differ lists where counted replies differ from facts, sorted.
func differ(census map[string]counted, facts map[string]replyFacts, judged *int) (all []string) {
	for operation, has := range census {
		known, ok := facts[operation]
		if !ok {
			continue
		}
		*judged++
		for refusal := range has.Refusals {
			status, code, _ := strings.Cut(refusal, " ")
			if want := known.statuses[code]; want != "" && want != status {
				all = append(all, fmt.Sprintf("%s refuses %s with status %s, not %s", operation, code, status, want))
			}
		}
		for path, always := range known.members {
			if !always {
				continue
			}
			switch count, there := has.Fields[path]; {
			case there && count[0] < count[1]:
				all = append(all, fmt.Sprintf("%s %s is missing at times", operation, path))
			case !there && besides(has.Fields, path):
				all = append(all, fmt.Sprintf("%s %s is missing", operation, path))
			}
		}
	}
	slices.Sort(all)
	return all
}

// besides says whether other members of what a path lies in are there.
func besides(fields map[string][2]int, path string) bool {
	within := path[:strings.LastIndex(path, ".")+1]
	return slices.ContainsFunc(slices.Collect(maps.Keys(fields)), func(p string) bool { return strings.HasPrefix(p, within) })
}

func takeCensus(t *testing.T, dir string) (census map[string]counted) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), testenv.Program(t, "python3"), "-B", "botocore/census.py", dir)
	command.Env = terraform.Environment()
	output, err := command.Output()
	if err != nil {
		t.Fatalf("botocore/census.py: %v", err)
	}
	if err := json.Unmarshal(output, &census); err != nil {
		t.Fatal(err)
	}
	return census
}

func readFacts(t *testing.T) map[string]replyFacts {
	t.Helper()
	text, err := os.ReadFile("replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]replyFacts{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		facts := replyFacts{map[string]bool{}, map[string]string{}}
		for _, word := range words[1:] {
			if refusal, ok := strings.CutPrefix(word, "!"); ok {
				status, code, _ := strings.Cut(refusal, "/")
				facts.statuses[code] = status
				continue
			}
			path, atTimes := strings.CutSuffix(word, "?")
			facts.members[path] = !atTimes
		}
		all[words[0]] = facts
	}
	return all
}

// TestReplies_TableIsAsRecorded derives the table from the recordings of others, where they are.
func TestReplies_TableIsAsRecorded(t *testing.T) {
	folder := os.Getenv(recordedVariable)
	if folder == "" {
		t.Skipf("%s names no folder with AWS's replies as others recorded them", recordedVariable)
	}
	text, err := os.ReadFile(filepath.Join(folder, "replies.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct {
		Errors map[string]int
		Fields map[string][]any
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	for operation, facts := range readFacts(t) {
		derived := replyFacts{map[string]bool{}, map[string]string{}}
		for path, seen := range recorded[operation].Fields {
			derived.members[path] = seen[0] == seen[1] && seen[1].(float64) >= seldom //nolint:forcetypeassert // JSON's numbers
		}
		for refusal := range recorded[operation].Errors {
			refusal, _, _ = strings.Cut(refusal, ":")
			status, code, _ := strings.Cut(refusal, " ")
			derived.statuses[code] = status
		}
		if diff := testenv.Diff(derived.members, facts.members); diff != "" {
			t.Errorf("%s (-recorded +table):\n%s", operation, diff)
		}
		if diff := testenv.Diff(derived.statuses, facts.statuses); diff != "" {
			t.Errorf("refusals of %s (-recorded +table):\n%s", operation, diff)
		}
	}
}

// TestReplies_ObjectToSpoiled spoils an exchange that is as recorded: each must be objected to.
func TestReplies_ObjectToSpoiled(t *testing.T) {
	t.Parallel()
	const ok = `<DescribeInternetGatewaysResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><internetGatewaySet><item>` +
		`<internetGatewayId>igw-00000000</internetGatewayId><attachmentSet/><tagSet/></item></internetGatewaySet></DescribeInternetGatewaysResponse>`
	const refusal = `<Response><Errors><Error><Code>InvalidInternetGatewayID.NotFound</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>`
	exchange := func(status int, reply string) labelled {
		return labelled{Exchange: recording.Exchange{Service: "ec2", Operation: "DescribeInternetGateways", Status: status, Reply: reply}}
	}
	for name, test := range map[string]struct {
		exchanges []labelled
		want      []string
	}{
		"as recorded": {[]labelled{exchange(200, ok), exchange(400, refusal)}, nil},
		"no tag set":  {[]labelled{exchange(200, strings.ReplaceAll(ok, "<tagSet/>", ""))}, []string{"ec2.DescribeInternetGateways InternetGateways[].Tags is missing"}},
		"at times":    {[]labelled{exchange(200, ok), exchange(200, strings.ReplaceAll(ok, "<tagSet/>", ""))}, []string{"ec2.DescribeInternetGateways InternetGateways[].Tags is missing at times"}},
		"status":      {[]labelled{exchange(404, refusal)}, []string{"ec2.DescribeInternetGateways refuses InvalidInternetGatewayID.NotFound with status 404, not 400"}},
	} {
		judged := 0
		if got := differ(takeCensus(t, writeRecording(t, test.exchanges)), readFacts(t), &judged); !slices.Equal(got, test.want) || judged != 1 {
			t.Errorf("%s: %q of %d operations, want %q", name, got, judged, test.want)
		}
	}
}
