package compute

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type stringValue struct {
	Value *string `query:"Value" xml:"value"`
}

type modifyInstanceAttributeInput struct {
	ID              string                `query:"InstanceId,required"`
	Attribute       string                `query:"Attribute" enum:"instanceType|kernel|ramdisk|userData|disableApiTermination|instanceInitiatedShutdownBehavior|rootDeviceName|blockDeviceMapping|productCodes|sourceDestCheck|groupSet|ebsOptimized|sriovNetSupport|enaSupport|enclaveOptions|disableApiStop"`
	Value           *string               `query:"Value"`
	NoTerm          requests.BooleanValue `query:"DisableApiTermination"`
	NoStop          requests.BooleanValue `query:"DisableApiStop"`
	OnShutdown      stringValue           `query:"InstanceInitiatedShutdownBehavior"`
	UserData        stringValue           `query:"UserData"`
	Type            stringValue           `query:"InstanceType"`
	Optimized       requests.BooleanValue `query:"EbsOptimized"`
	SourceDestCheck requests.BooleanValue `query:"SourceDestCheck"`
	Groups          []string              `query:"GroupId"`
}

func modifyInstanceAttribute(tx *world.Tx, in *modifyInstanceAttributeInput) error {
	a := compute.Attributes{DisableTermination: in.NoTerm.Value, DisableStop: in.NoStop.Value, ShutdownBehavior: in.OnShutdown.Value,
		UserData: in.UserData.Value, Type: in.Type.Value, EBSOptimized: in.Optimized.Value, SourceDestCheck: in.SourceDestCheck.Value, Groups: in.Groups}
	if in.Attribute != "" {
		if in.Value == nil {
			return refuse.MissingParameter("value")
		}
		on := *in.Value == "true"
		switch in.Attribute {
		case "disableApiTermination":
			a.DisableTermination = &on
		case "disableApiStop":
			a.DisableStop = &on
		case "instanceInitiatedShutdownBehavior":
			a.ShutdownBehavior = in.Value
		case "userData":
			a.UserData = in.Value
		case "instanceType":
			a.Type = in.Value
		default:
			return refuse.NotSimulated("value %q of parameter Attribute of ModifyInstanceAttribute is not simulated", in.Attribute)
		}
	}
	return compute.SetAttributes(tx, in.ID, a)
}

type describeInstanceAttributeInput struct {
	ID        string `query:"InstanceId,required"`
	Attribute string `query:"Attribute,required" enum:"instanceType|kernel|ramdisk|userData|disableApiTermination|instanceInitiatedShutdownBehavior|rootDeviceName|blockDeviceMapping|productCodes|sourceDestCheck|groupSet|ebsOptimized|sriovNetSupport|enaSupport|enclaveOptions|disableApiStop"`
}

type describeInstanceAttributeOutput struct {
	ID           string                          `xml:"instanceId"`
	NoTerm       *stringValue                    `xml:"disableApiTermination"`
	NoStop       *stringValue                    `xml:"disableApiStop"`
	OnShutdown   *stringValue                    `xml:"instanceInitiatedShutdownBehavior"`
	UserData     *stringValue                    `xml:"userData"`
	Type         *stringValue                    `xml:"instanceType"`
	RootDevice   *stringValue                    `xml:"rootDeviceName"`
	Optimized    *stringValue                    `xml:"ebsOptimized"`
	SourceCheck  *stringValue                    `xml:"sourceDestCheck"`
	Groups       *wire.Items[requests.GroupItem] `xml:"groupSet"`
	EnaSupport   *stringValue                    `xml:"enaSupport"`
	SriovSupport *stringValue                    `xml:"sriovNetSupport"`
}

func describeInstanceAttribute(tx *world.Tx, _ *wire.Call, in *describeInstanceAttributeInput) (*describeInstanceAttributeOutput, error) {
	i, err := world.Find[compute.Instance](tx, in.ID)
	if err != nil {
		return nil, err
	}
	text := func(s string) *stringValue {
		if s == "" {
			return &stringValue{}
		}
		return &stringValue{&s}
	}
	truth := func(b bool) *stringValue { return text(strconv.FormatBool(b)) }
	out := &describeInstanceAttributeOutput{ID: i.ID}
	switch in.Attribute {
	case "disableApiTermination":
		out.NoTerm = truth(i.DisableTermination)
	case "disableApiStop":
		out.NoStop = truth(i.DisableStop)
	case "instanceInitiatedShutdownBehavior":
		out.OnShutdown = text(i.ShutdownBehavior)
	case "userData":
		out.UserData = text(i.UserData)
	case "instanceType":
		out.Type = text(i.Type)
	case "rootDeviceName":
		out.RootDevice = text(compute.RootDeviceName)
	case "ebsOptimized":
		out.Optimized = truth(i.EBSOptimized)
	case "enaSupport":
		out.EnaSupport = truth(true)
	case "sriovNetSupport":
		out.SriovSupport = text("")
	case "sourceDestCheck":
		check := true
		if interfaces := network.InterfacesOf(tx, i.ID); len(interfaces) > 0 {
			check = !interfaces[0].NoSourceDestCheck
		}
		out.SourceCheck = truth(check)
	case "groupSet":
		groups := requests.RenderGroups(tx, compute.Groups(tx, i))
		out.Groups = &groups
	default:
		return nil, refuse.NotSimulated("value %q of parameter Attribute of DescribeInstanceAttribute is not simulated", in.Attribute)
	}
	return out, nil
}

type modifyInstanceMetadataOptionsInput struct {
	ID string `query:"InstanceId,required"`
	metadataInput
}

type modifyInstanceMetadataOptionsOutput struct {
	ID      string       `xml:"instanceId"`
	Options metadataItem `xml:"instanceMetadataOptions"`
}

func modifyInstanceMetadataOptions(tx *world.Tx, _ *wire.Call, in *modifyInstanceMetadataOptionsInput) (*modifyInstanceMetadataOptionsOutput, error) {
	m, err := compute.SetMetadataOptions(tx, in.ID, in.options())
	return &modifyInstanceMetadataOptionsOutput{in.ID, renderMetadata(m)}, err
}

type describeInstanceCreditSpecificationsInput struct {
	IDs []string `query:"InstanceId"`
	requests.Paging
}

type describeInstanceCreditSpecificationsOutput struct {
	Specifications wire.Items[creditSpecificationItem] `xml:"instanceCreditSpecificationSet"`
	NextToken      string                              `xml:"nextToken,omitempty"`
}

type creditSpecificationItem struct {
	ID         string `xml:"instanceId"`
	CPUCredits string `xml:"cpuCredits"`
}

func describeInstanceCreditSpecifications(tx *world.Tx, _ *wire.Call, in *describeInstanceCreditSpecificationsInput) (*describeInstanceCreditSpecificationsOutput, error) {
	items, next, err := requests.List(tx, in.IDs, in.Paging, requests.Fields[*compute.Instance]{
		"instance-id": func(i *compute.Instance) []string { return requests.One(i.ID) },
	}, func(i *compute.Instance) creditSpecificationItem { return creditSpecificationItem{i.ID, i.CPUCredits} })
	out := &describeInstanceCreditSpecificationsOutput{NextToken: next}
	for _, item := range items {
		if item.CPUCredits != "" {
			out.Specifications = append(out.Specifications, item)
		}
	}
	return out, err
}

type describeProfileAssociationsInput struct {
	IDs []string `query:"AssociationId"`
	requests.Paging
}

type describeProfileAssociationsOutput struct {
	Associations wire.Items[profileAssociationItem] `xml:"iamInstanceProfileAssociationSet"`
}

type profileAssociationItem struct {
	ID         string      `xml:"associationId"`
	InstanceID string      `xml:"instanceId"`
	Profile    profileItem `xml:"iamInstanceProfile"`
	State      string      `xml:"state"`
}

func describeProfileAssociations(tx *world.Tx, _ *wire.Call, in *describeProfileAssociationsInput) (*describeProfileAssociationsOutput, error) {
	associated := world.Where(tx, func(i *compute.Instance) bool { return i.Profile != nil && i.State != compute.Terminated })
	if len(in.IDs) > 0 {
		in.Filters = append(in.Filters, requests.Filter{Name: "association-id", Values: in.IDs})
	}
	found, _, err := requests.SelectObjects(associated, in.Paging, requests.Fields[*compute.Instance]{
		"association-id": func(i *compute.Instance) []string { return requests.One(i.ProfileID) },
		"instance-id":    func(i *compute.Instance) []string { return requests.One(i.ID) },
		"state":          func(*compute.Instance) []string { return requests.One("associated") },
	})
	out := &describeProfileAssociationsOutput{}
	for _, i := range found {
		out.Associations = append(out.Associations, profileAssociationItem{i.ProfileID, i.ID, profileItem{i.Profile.ARN, i.Profile.ID}, "associated"})
	}
	return out, err
}
