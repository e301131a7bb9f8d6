package compute

import (
	"encoding/base64"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// maxUserData is how long user data may be, in bytes before base64.
// Source: Amazon EC2 User Guide, "Run commands when you launch an EC2 instance".
const maxUserData = 16384

// Launch says what instances to run. Its fields are plain values, as their digest is
// what tells two launches with the same client token apart.
type Launch struct {
	ImageID, Type        string
	MinCount, MaxCount   int
	SubnetID, Zone       string
	Groups               []string
	Interfaces           []LaunchInterface
	PrivateIP            string
	UserData             string // base64
	ProfileName          string
	ProfileARN           string
	Metadata             MetadataOptions
	Devices              []Device
	Monitoring           bool
	EBSOptimized         bool
	DisableTermination   bool
	DisableStop          bool
	ShutdownBehavior     string
	CPUCredits           string
	InstanceTags         world.Tags
	VolumeTags           world.Tags
	NetworkInterfaceTags world.Tags
}

// LaunchInterface is a network interface of a launch.
type LaunchInterface struct {
	DeviceIndex         int
	NetworkInterfaceID  string // an existing one
	SubnetID            string
	Groups              []string
	PrivateIP           string
	Description         string
	PublicIP            *bool
	DeleteOnTermination *bool
}

// Run launches instances, or finds those that the same call launched before.
func Run(tx *world.Tx, in Launch, token string) ([]*Instance, error) {
	if err := in.checkZone(tx); err != nil {
		return nil, err
	}
	s, err := in.place(tx)
	if err != nil {
		return nil, err
	}
	// Tokens are good for one zone, or for the region where the call names no zone.
	// Source: Amazon EC2 Developer Guide, "Ensuring idempotency in Amazon EC2 API requests".
	operation := "RunInstances/"
	if in.Zone != "" || in.SubnetID != "" || len(in.Interfaces) > 0 {
		operation += s.Zone.Name
	}
	switch reservation, state := world.LookUpToken(tx, operation, token, in); state {
	case world.TokenMismatch:
		return nil, refuse.New("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	case world.TokenSame:
		found := world.Where(tx, func(i *Instance) bool { return i.ReservationID == reservation })
		if !slices.ContainsFunc(found, func(i *Instance) bool { return i.State != Terminated && i.State != ShuttingDown }) {
			return nil, refuse.New("IdempotentInstanceTerminated", "The client token you have provided is associated with a terminated instance. Please use a different client token.")
		}
		return found, nil
	case world.TokenNew:
	}
	image, kind, volumes, err := in.check(tx)
	if err != nil {
		return nil, err
	}
	var profile *Profile
	if in.ProfileName != "" || in.ProfileARN != "" {
		if profile, err = findProfile(tx, in.ProfileName, in.ProfileARN); err != nil {
			return nil, err
		}
	}
	if err := checkPlace(tx, in.Type, s.Zone.Name); err != nil {
		return nil, err
	}
	if err := checkVCPUs(tx, kind.VCPUs*in.MaxCount); err != nil {
		return nil, err
	}
	reservation := tx.NewID("r")
	var made []*Instance
	for n := range in.MaxCount {
		i := &Instance{Object: tx.NewObject("i", in.InstanceTags), ReservationID: reservation, LaunchIndex: n, ImageID: image.ID, Type: in.Type,
			Architecture: image.Architecture, VPCID: s.VPCID, SubnetID: s.ID, Zone: s.Zone.Name, State: Pending, Launched: tx.Now(),
			UserData: in.UserData, Profile: profile, Metadata: in.Metadata.orDefault(), ClientToken: token, Monitoring: in.Monitoring,
			EBSOptimized: in.EBSOptimized, DisableTermination: in.DisableTermination, DisableStop: in.DisableStop,
			ShutdownBehavior: in.ShutdownBehavior, CPUCredits: credits(kind, in.CPUCredits), Tenancy: "default", StateReason: Reason{"pending", "pending"}}
		if profile != nil {
			i.ProfileID = tx.NewID("iip-assoc")
		}
		if i.PrivateIP, err = in.connect(tx, s, i.ID); err != nil {
			return nil, err
		}
		for _, v := range volumes {
			v.Object = tx.NewObject("vol", in.VolumeTags)
			v.Zone, v.InstanceID, v.Attached = s.Zone.Name, i.ID, tx.Now()
			world.Add(tx, &v)
		}
		i.Become(tx, string(Running), launchStep())
		if f, fails := tx.Fails("instance", i.Zone); fails {
			i.Fate = Reason{f.Code, f.Message}
			i.Become(tx, string(Terminated), launchStep())
		}
		world.Add(tx, i)
		made = append(made, i)
	}
	world.KeepToken(tx, operation, token, in, reservation)
	return made, nil
}

// checkZone refuses a zone that isn't the region's.
func (in *Launch) checkZone(tx *world.Tx) error {
	if in.Zone == "" || slices.ContainsFunc(network.Zones(tx.Region()), func(z network.Zone) bool { return z.Name == in.Zone }) {
		return nil
	}
	return refuse.InvalidParameterValue("Invalid availability zone: [%s]", in.Zone)
}

// place finds the subnet that the instances go into.
func (in *Launch) place(tx *world.Tx) (*network.Subnet, error) {
	id := in.SubnetID
	for _, x := range in.Interfaces {
		if in.SubnetID != "" {
			return nil, refuse.InvalidParameterCombination("Network interfaces and an instance-level subnet ID may not be specified on the same request")
		}
		if len(in.Groups) > 0 {
			return nil, refuse.InvalidParameterCombination("Network interfaces and an instance-level security groups may not be specified on the same request")
		}
		if x.DeviceIndex != 0 {
			continue
		}
		id = x.SubnetID
		if x.NetworkInterfaceID != "" {
			existing, err := world.Find[network.NetworkInterface](tx, x.NetworkInterfaceID)
			if err != nil {
				return nil, err
			}
			id = existing.SubnetID
		}
	}
	if id == "" {
		return in.defaultSubnet(tx)
	}
	s, err := world.Find[network.Subnet](tx, id)
	if err != nil {
		return nil, err
	}
	if in.Zone != "" && in.Zone != s.Zone.Name {
		return nil, refuse.InvalidParameterValue("Value (%s) for parameter availabilityZone is invalid. The requested Availability Zone does not match that of subnet %s (%s).", in.Zone, s.ID, s.Zone.Name)
	}
	return s, nil
}

func (in *Launch) defaultSubnet(tx *world.Tx) (*network.Subnet, error) {
	for _, s := range world.All[network.Subnet](tx) {
		if s.Default && (in.Zone == "" || s.Zone.Name == in.Zone) {
			return s, nil
		}
	}
	return nil, refuse.New("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
}

// check refuses what can't be launched anywhere.
func (in *Launch) check(tx *world.Tx) (Image, InstanceType, []Volume, error) {
	fail := func(err error) (Image, InstanceType, []Volume, error) { return Image{}, InstanceType{}, nil, err }
	if in.MinCount < 1 || in.MaxCount < in.MinCount {
		return fail(refuse.InvalidParameterValue("Invalid value '%d' for minCount or '%d' for maxCount. minCount must be 1 or more and not above maxCount.", in.MinCount, in.MaxCount))
	}
	image, err := ResolveImage(tx.Region(), in.ImageID)
	if err != nil {
		return fail(err)
	}
	kind, err := FindInstanceType(in.Type)
	if err != nil {
		return fail(err)
	}
	if kind.Architecture != image.Architecture {
		return fail(refuse.InvalidParameterValue("The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.", kind.Architecture, image.Architecture))
	}
	if err := CheckUserData(in.UserData); err != nil {
		return fail(err)
	}
	if in.CPUCredits != "" && !kind.Burstable {
		return fail(refuse.InvalidParameterCombination("The CreditSpecification parameter is not supported for instance type %s", in.Type))
	}
	if m := in.Metadata; m.HopLimit != 0 && (m.HopLimit < 1 || m.HopLimit > 64) {
		return fail(refuse.InvalidParameterValue("Value (%d) for parameter HttpPutResponseHopLimit is invalid. Valid values are from 1 to 64.", m.HopLimit))
	}
	volumes, err := planVolumes(image, in.Devices)
	if err != nil {
		return fail(err)
	}
	return image, kind, volumes, nil
}

// CheckUserData refuses user data that isn't base64 or is too long.
func CheckUserData(text string) error {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return refuse.New("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(data) > maxUserData {
		return refuse.InvalidParameterValue("User data is limited to %d bytes", maxUserData)
	}
	return nil
}

func (m MetadataOptions) orDefault() MetadataOptions {
	// What Amazon Linux 2023's images ask for. Source: Amazon EC2 User Guide,
	// "Configure the Instance Metadata Service options".
	for field, value := range map[*string]string{&m.Tokens: "required", &m.Endpoint: "enabled", &m.Tags: "disabled"} {
		if *field == "" {
			*field = value
		}
	}
	if m.HopLimit == 0 {
		m.HopLimit = 2
	}
	return m
}

func credits(kind InstanceType, wanted string) string {
	switch {
	case !kind.Burstable:
		return ""
	case wanted != "":
		return wanted
	case kind.Name[:3] == "t2.":
		return "standard"
	}
	return "unlimited"
}

// CheckProfile refuses an instance profile that EC2 doesn't know.
func (in *Launch) CheckProfile(tx *world.Tx) error {
	if in.ProfileName == "" && in.ProfileARN == "" {
		return nil
	}
	_, err := findProfile(tx, in.ProfileName, in.ProfileARN)
	return err
}

func findProfile(tx *world.Tx, name, arn string) (*Profile, error) {
	p, err := iammodel.LookUpProfile(tx, name, arn)
	if err != nil {
		return nil, err
	}
	return &Profile{Name: p.Name, ARN: p.ARN(), ID: p.ProfileID}, nil
}

// checkVCPUs refuses more running vCPUs than the account's quota.
func checkVCPUs(tx *world.Tx, wanted int) error {
	for _, i := range world.All[Instance](tx) {
		if i.State == Pending || i.State == Running {
			if kind, err := FindInstanceType(i.Type); err == nil {
				wanted += kind.VCPUs
			}
		}
	}
	if limit := tx.Limit(VCPUs()); wanted > limit {
		return refuse.New("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", limit)
	}
	return nil
}
