package compute

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Volume is an EBS volume. Volumes are made with instances only.
type Volume struct {
	world.Object
	Zone                string
	SizeGB              int
	Type                string // gp3, gp2
	IOPS                int
	Throughput          int // MiB/s, of gp3
	Encrypted           bool
	SnapshotID          string
	State               string // in-use, available
	InstanceID          string
	Device              string
	DeleteOnTermination bool
	Attached            time.Time
}

func volumeKind() world.AnyKind {
	return world.Kind[Volume, *Volume]{
		Traits: world.Traits{Noun: "volume"},
		Name:   "volume", Prefix: "vol",
		Parent: func(v *Volume) string { return v.InstanceID },
		NotFound: func(ids ...string) error {
			if len(ids) == 1 {
				return refuse.New("InvalidVolume.NotFound", "The volume '%s' does not exist.", ids[0])
			}
			return refuse.New("InvalidVolume.NotFound", "The volumes '%s' do not exist.", strings.Join(ids, "', '"))
		},
		Malformed: func(id string) error {
			return refuse.New("InvalidParameterValue", "Value (%s) for parameter volumes is invalid. Expected: 'vol-...'.", id)
		},
	}
}

// Device is a block device mapping of a launch. Nil and zero fields mean the default.
type Device struct {
	Name                string
	SizeGB              *int
	Type                string
	IOPS                *int
	Throughput          *int
	Encrypted           bool
	DeleteOnTermination *bool
}

// plan makes volumes of a launch's mappings: the root one and any others.
func planVolumes(image Image, devices []Device) ([]Volume, error) {
	hasRoot := slices.ContainsFunc(devices, func(d Device) bool { return d.Name == RootDeviceName })
	if !hasRoot {
		devices = append([]Device{{Name: RootDeviceName}}, devices...)
	}
	var volumes []Volume
	for _, d := range devices {
		v := Volume{Device: d.Name, Type: "gp3", Encrypted: d.Encrypted, DeleteOnTermination: true, State: "in-use"}
		if d.Name == RootDeviceName {
			v.SizeGB, v.SnapshotID = RootDeviceSizeGB, image.SnapshotID
		}
		if d.Type != "" {
			v.Type = d.Type
		}
		if d.DeleteOnTermination != nil {
			v.DeleteOnTermination = *d.DeleteOnTermination
		}
		if d.SizeGB != nil {
			if *d.SizeGB < v.SizeGB {
				return nil, refuse.New("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", *d.SizeGB, v.SnapshotID, v.SizeGB)
			}
			v.SizeGB = *d.SizeGB
		}
		if err := sizeAndSpeed(&v, d); err != nil {
			return nil, err
		}
		volumes = append(volumes, v)
	}
	return volumes, nil
}

// sizeAndSpeed checks a volume's type, size, IOPS and throughput.
// Source: Amazon EBS User Guide, "General Purpose SSD volumes".
func sizeAndSpeed(v *Volume, d Device) error {
	if v.SizeGB < 1 || v.SizeGB > 16384 {
		return refuse.InvalidParameterValue("Volume of %dGiB is out of range; %s volumes are 1 to 16384 GiB", v.SizeGB, v.Type)
	}
	switch v.Type {
	case "gp3":
		v.IOPS, v.Throughput = 3000, 125
		if d.IOPS != nil {
			v.IOPS = *d.IOPS
		}
		if d.Throughput != nil {
			v.Throughput = *d.Throughput
		}
		if v.IOPS < 3000 || v.IOPS > 16000 {
			return refuse.InvalidParameterValue("Volume iops of %d is out of range; gp3 volumes have 3000 to 16000", v.IOPS)
		}
		if v.Throughput < 125 || v.Throughput > 1000 {
			return refuse.InvalidParameterValue("Throughput of %d MiB/s is out of range; gp3 volumes have 125 to 1000", v.Throughput)
		}
	case "gp2":
		if d.IOPS != nil || d.Throughput != nil {
			return refuse.InvalidParameterCombination("The parameter iops is not supported for gp2 volumes.")
		}
		v.IOPS = min(max(100, 3*v.SizeGB), 16000)
	default:
		return refuse.NotSimulated("volume type %q is not simulated", v.Type)
	}
	return nil
}

// VolumesOf lists an instance's volumes.
func VolumesOf(tx *world.Tx, instanceID string) []*Volume {
	return world.Of[Volume](tx, instanceID)
}
