package compute

import (
	"encoding/base64"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func instanceOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "RunInstances", runInstances),
		requests.Change(h, "StartInstances", startInstances),
		requests.Change(h, "StopInstances", stopInstances),
		requests.Change(h, "TerminateInstances", terminateInstances),
		requests.Do(h, "RebootInstances", func(tx *world.Tx, in *instanceIDsInput) error { return compute.Reboot(tx, in.IDs) }),
		requests.View(h, "DescribeInstances", describeInstances),
		requests.View(h, "DescribeInstanceStatus", describeInstanceStatus),
		requests.View(h, "GetConsoleOutput", getConsoleOutput(h.Console)),
		requests.Do(h, "ModifyInstanceAttribute", modifyInstanceAttribute),
		requests.Change(h, "ModifyInstanceMetadataOptions", modifyInstanceMetadataOptions),
		requests.View(h, "DescribeInstanceAttribute", describeInstanceAttribute),
		requests.View(h, "DescribeInstanceCreditSpecifications", describeInstanceCreditSpecifications),
		requests.View(h, "DescribeIamInstanceProfileAssociations", describeProfileAssociations),
	}
}

// idsOrPages refuses a call that names objects and asks for pages.
func idsOrPages(ids []string, in requests.Paging) error {
	if len(ids) > 0 && in.MaxResults != nil {
		return refuse.InvalidParameterCombination("The parameter instancesSet cannot be used with the parameter maxResults")
	}
	return nil
}

type instanceIDsInput struct {
	IDs []string `query:"InstanceId,required"`
}

type terminateInstancesInput struct {
	instanceIDsInput
	_ wire.Only `query:"Force" only:"true|false"` // an instance here is never stuck, so it changes nothing
	_ wire.Only `query:"SkipOsShutdown" only:"false"`
}

type stopInstancesInput struct {
	terminateInstancesInput
	_ wire.Only `query:"Hibernate" only:"false"`
}

type stateChangesOutput struct {
	Changes wire.Items[stateChangeItem] `xml:"instancesSet"`
}

type stateChangeItem struct {
	ID       string    `xml:"instanceId"`
	Current  stateItem `xml:"currentState"`
	Previous stateItem `xml:"previousState"`
}

func stateChanges(changes []compute.Change, err error) (*stateChangesOutput, error) {
	out := &stateChangesOutput{}
	for _, c := range changes {
		out.Changes = append(out.Changes, stateChangeItem{c.ID, renderState(c.After), renderState(c.Before)})
	}
	return out, err
}

func startInstances(tx *world.Tx, _ *wire.Call, in *instanceIDsInput) (*stateChangesOutput, error) {
	return stateChanges(compute.Start(tx, in.IDs))
}

func stopInstances(tx *world.Tx, _ *wire.Call, in *stopInstancesInput) (*stateChangesOutput, error) {
	return stateChanges(compute.Stop(tx, in.IDs))
}

func terminateInstances(tx *world.Tx, _ *wire.Call, in *terminateInstancesInput) (*stateChangesOutput, error) {
	return stateChanges(compute.Terminate(tx, in.IDs))
}

type describeInstanceStatusInput struct {
	IDs        []string `query:"InstanceId"`
	IncludeAll bool     `query:"IncludeAllInstances"`
	requests.Paging
}

type describeInstanceStatusOutput struct {
	Statuses  wire.Items[instanceStatusItem] `xml:"instanceStatusSet"`
	NextToken string                         `xml:"nextToken,omitempty"`
}

type instanceStatusItem struct {
	ID       string         `xml:"instanceId"`
	Zone     string         `xml:"availabilityZone"`
	State    stateItem      `xml:"instanceState"`
	System   statusSummary  `xml:"systemStatus"`
	Instance statusSummary  `xml:"instanceStatus"`
	EBS      *statusSummary `xml:"attachedEbsStatus"`
}

type statusSummary struct {
	Status  string                   `xml:"status"`
	Details wire.Items[statusDetail] `xml:"details"`
}

type statusDetail struct {
	Name   string `xml:"name"`
	Status string `xml:"status"`
}

// statusOf is what is said of an instance's check that has failed or not.
func statusOf(i *compute.Instance, checks compute.Checks, failed bool) statusSummary {
	switch {
	case i.State != compute.Running:
		return statusSummary{Status: "not-applicable"}
	case !checks.Done:
		return statusSummary{Status: "initializing", Details: wire.Items[statusDetail]{{"reachability", "initializing"}}}
	case failed:
		return statusSummary{Status: "impaired", Details: wire.Items[statusDetail]{{"reachability", "failed"}}}
	}
	return statusSummary{Status: "ok", Details: wire.Items[statusDetail]{{"reachability", "passed"}}}
}

func renderStatus(tx *world.Tx, i *compute.Instance) instanceStatusItem {
	checks := compute.ChecksOf(tx, i)
	ebs := statusOf(i, checks, false)
	return instanceStatusItem{ID: i.ID, Zone: i.Zone, State: renderState(i.State),
		System: statusOf(i, checks, checks.System), Instance: statusOf(i, checks, checks.Instance), EBS: &ebs}
}

func describeInstanceStatus(tx *world.Tx, _ *wire.Call, in *describeInstanceStatusInput) (*describeInstanceStatusOutput, error) {
	if err := idsOrPages(in.IDs, in.Paging); err != nil {
		return nil, err
	}
	found, err := requests.FindOrAll[compute.Instance](tx, in.IDs)
	if err != nil {
		return nil, err
	}
	if !in.IncludeAll {
		in.Filters = append(in.Filters, requests.Filter{Name: "instance-state-name", Values: requests.One("running")})
	}
	found, next, err := requests.SelectObjects(found, in.Paging, requests.Fields[*compute.Instance]{
		"instance-state-name":        func(i *compute.Instance) []string { return requests.One(string(i.State)) },
		"instance-state-code":        func(i *compute.Instance) []string { return requests.One(strconv.Itoa(i.State.Code())) },
		"availability-zone":          func(i *compute.Instance) []string { return requests.One(i.Zone) },
		"instance-status.status":     func(i *compute.Instance) []string { return requests.One(renderStatus(tx, i).Instance.Status) },
		"system-status.status":       func(i *compute.Instance) []string { return requests.One(renderStatus(tx, i).System.Status) },
		"attached-ebs-status.status": func(i *compute.Instance) []string { return requests.One(renderStatus(tx, i).EBS.Status) },
	})
	out := &describeInstanceStatusOutput{NextToken: next}
	for _, i := range found {
		out.Statuses = append(out.Statuses, renderStatus(tx, i))
	}
	return out, err
}

type getConsoleOutputInput struct {
	ID string    `query:"InstanceId,required"`
	_  wire.Only `query:"Latest" only:"true|false"`
}

type getConsoleOutputOutput struct {
	ID        string `xml:"instanceId"`
	Timestamp string `xml:"timestamp"`
	Output    string `xml:"output"`
}

func getConsoleOutput(console func(instanceID string) string) service.Handler[getConsoleOutputInput, getConsoleOutputOutput] {
	return func(tx *world.Tx, _ *wire.Call, in *getConsoleOutputInput) (*getConsoleOutputOutput, error) {
		i, err := world.Find[compute.Instance](tx, in.ID)
		if err != nil {
			return nil, err
		}
		text := ""
		if console != nil {
			text = console(i.ID)
		}
		return &getConsoleOutputOutput{i.ID, wire.Timestamp(tx.Now()), base64.StdEncoding.EncodeToString([]byte(text))}, nil
	}
}
