package exit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
)

// Code is an error's code, for scripts, where AWS has none of its own.
type Code string

// The codes of what isn't AWS's refusal. Those of the ways in which AWS can't be used are
// awsapi's causes.
const (
	CodeUsage         Code = "usage"
	CodeConfiguration Code = "configuration"
	CodeElsewhere     Code = "made-elsewhere"
	CodeDisruption    Code = "disruption"
	CodeLocked        Code = "locked"
	CodeInterrupted   Code = "interrupted"
	CodeNotConfirmed  Code = "not-confirmed"
	CodePreflight     Code = "preflight"
	CodeBlocked       Code = "blocked"
	CodeState         Code = "state"
	CodeLocalCloud    Code = "local-cloud"
	CodeUnhealthy     Code = "unhealthy"
	CodeNotAnswering  Code = "not-answering"
	CodeTimeout       Code = "timeout"
	CodeRemaining     Code = "remaining"
	CodeUnsteady      Code = "unsteady"
	CodeNotRestored   Code = "not-restored"
	CodeJournal       Code = "journal"
	CodeStepFailed    Code = "step-failed"
	CodeFailed        Code = "failed"
)

// Row is what is said of one code: a line of the table in docs/operations.md.
type Row struct {
	Code Code
	// Exit is the exit code; zero: Failed.
	Exit int
	// Means is what has happened.
	Means string
	// Next is what to do about it: the hint, where the error itself says no more.
	Next string
	// See is a heading of docs/operations.md, or a page and its heading, with more; "" for none.
	See string
}

// Rows are all codes: what the command line says itself first, then what AWS, or the way to
// AWS, can't do.
func Rows() []Row {
	return slices.Concat(ownRows(), awsRows(), []Row{
		{Code: CodeStepFailed, Means: "another refusal; AWS's own code, where it has one", Next: "what was done is recorded; when the cause is gone, the same command goes on from there"},
		{Code: CodeFailed, Means: "anything else", Next: "the message says what; -v shows the calls"},
	})
}

func ownRows() []Row {
	return []Row{
		{Code: CodeUsage, Exit: WrongUsage, Means: "wrong flags, or a question without a terminal", Next: "see platformctl help"},
		{Code: CodeConfiguration, Exit: WrongUsage, Means: "a wrong configuration, or several and none named", Next: "nothing was touched; correct the configuration"},
		{Code: CodeElsewhere, Exit: WrongUsage, Means: "another directory made the platform", Next: "go there, or name its configuration with -c"},
		{Code: CodeDisruption, Exit: WrongUsage, Means: "users would notice, and nobody can be asked", Next: "platformctl plan shows all of it; where it is meant, add --allow-disruption"},
		{Code: CodeLocked, Exit: Locked, Means: "another run works on the platform", Next: "wait until that run has ended", See: "#locks"},
		{Code: CodeInterrupted, Exit: Interrupted, Means: "Ctrl-C, SIGTERM or SIGHUP", Next: "what was done is recorded; the same command goes on from there", See: "#an-interrupted-run"},
		{Code: CodeNotConfirmed, Means: "any other answer than yes", Next: "answer yes, or add --yes"},
		{Code: CodePreflight, Means: "AWS would refuse it", Next: "nothing was touched; when it is so, the same command goes on"},
		{Code: CodeBlocked, Means: "something is in the way, or protected", Next: "do as each line says", See: "#down-is-stuck"},
		{Code: CodeState, Means: "the state file is another's, or can't be written", Next: "name another with --state, or move it away", See: "#the-state-file"},
		{Code: CodeLocalCloud, Means: "the local cloud doesn't start, or has stopped", Next: "the same command starts it; platformctl local status shows where its log is"},
		{Code: CodeUnhealthy, Means: "an instance doesn't become healthy", Next: "correct the configuration and run platformctl up again, or take back the old one: either goes on, and replaces or removes this instance", See: "#a-new-version-that-fails"},
		{Code: CodeNotAnswering, Means: "targets are healthy, and the page doesn't come", Next: "platformctl status names what has changed; the console output says whether Nginx came up"},
		{Code: CodeTimeout, Means: "AWS took over 10 minutes, or 15 for a target's health", Next: "what was done is recorded; the same command goes on from there"},
		{Code: CodeRemaining, Means: "down has left something", Next: "run platformctl down again"},
		{Code: CodeUnsteady, Means: "no drill: the platform isn't as it should be", Next: "nothing was broken; platformctl status shows more"},
		{Code: CodeNotRestored, Means: "a drill couldn't restore", Next: "platformctl failover-drill --restore", See: "#a-drill-that-couldnt-restore"},
		{Code: CodeJournal, Means: "a drill's journal can't be read", Next: "nothing was touched; delete the journal if platformctl status shows that all is healthy"},
	}
}

// awsRows have a line for each of awsapi's causes.
func awsRows() []Row {
	return []Row{
		{Code: cause(awsapi.Capacity), Means: "AWS has no room for this instance type in this zone now", Next: "choose another web.instance_type, name other zones in network.zones, or try again later"},
		{Code: cause(awsapi.NotOffered), Means: "the zone doesn't have this instance type", Next: "choose another web.instance_type, or name other zones in network.zones"},
		{Code: cause(awsapi.Zone), Means: "the zone can't have such an object", Next: "name other zones in network.zones"},
		{Code: cause(awsapi.QuotaFull), Means: "a quota of the account is used up", Next: "ask for more in the Service Quotas console, or delete what isn't needed", See: "aws.md#quotas"},
		{Code: cause(awsapi.Permission), Means: "the caller lacks a permission", Next: "allow it; docs/aws.md names the policies that have all", See: "aws.md#permissions"},
		{Code: cause(awsapi.Credentials), Means: "missing, expired or unknown credentials", Next: "log in again (aws sso login, or aws configure), or choose another AWS_PROFILE"},
		{Code: cause(awsapi.Secret), Means: "the secret key isn't that of the access key", Next: "correct the secret key: aws configure, or AWS_SECRET_ACCESS_KEY"},
		{Code: cause(awsapi.Clock), Means: "this machine's clock is not AWS's", Next: "set this machine's clock right"},
		{Code: cause(awsapi.Region), Means: "the account hasn't enabled the region", Next: "choose another region, or enable it: aws account enable-region"},
		{Code: cause(awsapi.Account), Means: "AWS restricts the account, or still verifies it", Next: "a new account is verified within some hours; else ask AWS Support"},
		{Code: cause(awsapi.Marketplace), Means: "the terms of the image's product aren't accepted", Next: "name another web.image, or accept them"},
		{Code: cause(awsapi.Image), Means: "the account has no such image in this region", Next: "name another web.image, or none"},
		{Code: cause(awsapi.Throttling), Means: "the account makes more calls than AWS takes", Next: "end other programs that call AWS in this region"},
		{Code: cause(awsapi.Service), Means: "AWS itself fails", Next: "see https://health.aws.amazon.com/health/status, and run the same command again later"},
		{Code: cause(awsapi.Settings), Means: "AWS's settings on this machine can't be read", Next: "check AWS_*, ~/.aws/config and ~/.aws/credentials"},
		{Code: cause(awsapi.Signing), Means: "the endpoint is of another region or service", Next: "check AWS_ENDPOINT_URL against the region"},
		{Code: cause(awsapi.Scheme), Means: "HTTPS was asked of HTTP, or HTTP of HTTPS", Next: "change http:// or https:// in AWS_ENDPOINT_URL"},
		{Code: cause(awsapi.Endpoint), Means: "a web page answers, and not AWS", Next: "correct AWS_ENDPOINT_URL; on a network with a sign-in page, sign in"},
		{Code: cause(awsapi.Certificate), Means: "the endpoint's certificate isn't trusted", Next: "check this machine's clock, any proxy, and that AWS_CA_BUNDLE names the authority that signed it"},
		{Code: cause(awsapi.Proxy), Means: "the proxy doesn't answer, or refuses", Next: "check HTTPS_PROXY and HTTP_PROXY, or name the endpoint's host in NO_PROXY"},
		{Code: cause(awsapi.Name), Means: "the endpoint's name isn't found", Next: "check the region's name, AWS_ENDPOINT_URL, and the network"},
		{Code: cause(awsapi.Unreachable), Means: "nobody answers at the endpoint", Next: "check AWS_ENDPOINT_URL, network and proxy"},
		{Code: cause(awsapi.Connection), Means: "connections to the endpoint break", Next: "check network and proxy; the same command goes on"},
	}
}

func cause(c awsapi.Cause) Code { return Code(c) }

// rowOf is what is said of a code; the zero Row of one that isn't known.
func rowOf(code Code) Row {
	rows := Rows()
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Code == code }); i >= 0 {
		return rows[i]
	}
	return Row{}
}

// Codes are the codes as scripts see them: AWS's own where AWS refuses, beside that of the row
// where nothing of AWS has answered.
func (r Row) Codes() []string {
	codes := awsapi.CodesOf(awsapi.Cause(r.Code))
	switch awsapi.Cause(r.Code) {
	case awsapi.QuotaFull:
		for _, kind := range blueprint.Kinds() {
			for _, quota := range kind.Quotas {
				codes = append(codes, quota.Refusals...)
			}
		}
	case awsapi.Throttling:
		codes = []string{"RequestLimitExceeded", "Throttling", "ThrottlingException"}
	case awsapi.Credentials:
		codes = append(codes, string(r.Code))
	}
	if len(codes) == 0 {
		return []string{string(r.Code)}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Table is the table of the documents, in Markdown.
func Table() string {
	var table strings.Builder
	table.WriteString("|Code|Means|Next|\n|---|---|---|\n")
	for _, row := range Rows() {
		codes := "`" + strings.Join(row.Codes(), "`, `") + "`"
		if row.Exit != Failed && row.Exit != 0 {
			codes += " (exit " + strconv.Itoa(row.Exit) + ")"
		}
		next := row.Next
		if row.See != "" {
			next += " ([more](" + row.See + "))"
		}
		table.WriteString("|" + codes + "|" + row.Means + "|" + next + "|\n")
	}
	return table.String()
}
