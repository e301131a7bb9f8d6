package api

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) instanceInformationOperations() []wire.Operation {
	return []wire.Operation{view(h, "DescribeInstanceInformation", describeInstanceInformation)}
}

// agentVersion is that of the agent in the images.
const agentVersion = "3.3.2299.0"

type stringFilter struct {
	Key    string   `query:"Key,required" min:"1"`
	Values []string `query:"Values,required" min:"1" max:"100" eachmin:"1"`
}

// olderFilter is the same by the older parameter.
type olderFilter struct {
	Key    string   `query:"key,required" enum:"InstanceIds|AgentVersion|PingStatus|PlatformTypes|ActivationIds|IamRole|ResourceType|AssociationStatus"`
	Values []string `query:"valueSet,required" min:"1" max:"100" eachmin:"1"`
}

type describeInstanceInformationInput struct {
	Filters    []stringFilter `query:"Filters"`
	Older      []olderFilter  `query:"InstanceInformationFilterList"`
	MaxResults *int           `query:"MaxResults" min:"5" max:"50"`
	NextToken  string         `query:"NextToken"`
}

type describeInstanceInformationOutput struct {
	InstanceInformationList []instanceInformation
	NextToken               string `json:",omitempty"`
}

type instanceInformation struct {
	InstanceID       string `json:"InstanceId"`
	PingStatus       string
	LastPingDateTime float64
	AgentVersion     string
	IsLatestVersion  bool
	PlatformType     string
	PlatformName     string
	PlatformVersion  string
	ResourceType     string
	IPAddress        string
	ComputerName     string
	SourceID         string `json:"SourceId"`
	SourceType       string
}

func describeInstanceInformation(tx *world.Tx, _ *wire.Call, in *describeInstanceInformationInput) (*describeInstanceInformationOutput, error) {
	if len(in.Filters) > 0 && len(in.Older) > 0 {
		return nil, refuse.New("ValidationException", "Filters and InstanceInformationFilterList can't be used together.")
	}
	filters := slices.Clone(in.Filters)
	for _, f := range in.Older {
		filters = append(filters, stringFilter(f))
	}
	for _, f := range filters {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	all := []instanceInformation{}
	for _, m := range world.Described[model.ManagedInstance](tx) {
		i, there := world.Get[compute.Instance](tx, m.ID)
		if !there || !m.Known() || slices.ContainsFunc(filters, func(f stringFilter) bool { return !f.accepts(m, i) }) {
			continue
		}
		out := instanceInformation{InstanceID: m.ID, PingStatus: m.PingStatus(), LastPingDateTime: seconds(m.LastPing(tx.Now())), AgentVersion: agentVersion,
			IsLatestVersion: true, PlatformType: "Linux", PlatformName: "Amazon Linux", PlatformVersion: "2023", ResourceType: "EC2Instance",
			SourceID: m.ID, SourceType: "AWS::EC2::Instance"}
		if i.PrivateIP.IsValid() {
			out.IPAddress, out.ComputerName = i.PrivateIP.String(), network.PrivateDNSName(tx.Region(), i.PrivateIP)
		} else { // terminated
			out.IPAddress, out.ComputerName = "0.0.0.0", m.ID
		}
		all = append(all, out)
	}
	page, next, err := pageOf(all, in.NextToken, in.MaxResults, 10)
	return &describeInstanceInformationOutput{page, next}, err
}

// check refuses keys that there aren't, and values that can't be.
// Source: API reference of InstanceInformationStringFilter.
func (f stringFilter) check() error {
	within := func(possible ...string) error {
		for _, v := range f.Values {
			if !slices.Contains(possible, v) {
				return refuse.New("InvalidInstanceInformationFilterValue", "The value %s isn't valid for filter key %s.", v, f.Key)
			}
		}
		return nil
	}
	switch f.Key {
	case "InstanceIds", "AgentVersion", "ActivationIds", "IamRole", "AssociationStatus", "tag-key":
		return nil
	case "PingStatus":
		return within("Online", "ConnectionLost", "Inactive")
	case "PlatformTypes":
		return within("Windows", "Linux", "MacOS")
	case "ResourceType":
		return within("EC2Instance", "ManagedInstance")
	}
	if strings.HasPrefix(f.Key, "tag:") {
		return nil
	}
	return refuse.New("InvalidFilterKey", "The filter key %s isn't valid.", f.Key)
}

func (f stringFilter) accepts(m *model.ManagedInstance, i *compute.Instance) bool {
	is := func(value string) bool { return slices.Contains(f.Values, value) }
	switch f.Key {
	case "InstanceIds":
		return is(m.ID)
	case "PingStatus":
		return is(m.PingStatus())
	case "AgentVersion":
		return is(agentVersion)
	case "PlatformTypes":
		return is("Linux")
	case "ResourceType":
		return is("EC2Instance")
	case "tag-key":
		return slices.ContainsFunc(f.Values, func(key string) bool { _, there := i.Tags[key]; return there })
	}
	if key, tag := strings.CutPrefix(f.Key, "tag:"); tag {
		value, there := i.Tags[key]
		return there && is(value)
	}
	return false // instances of EC2 have neither activations nor roles of their own, nor associations here
}
