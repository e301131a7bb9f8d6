package compute

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Attributes are the attributes of an instance that can be changed. Nil: as it is.
type Attributes struct {
	DisableTermination *bool
	DisableStop        *bool
	ShutdownBehavior   *string
	UserData           *string // base64
	Type               *string
	EBSOptimized       *bool
	SourceDestCheck    *bool
	Groups             []string
}

// SetAttributes changes attributes of an instance. Some can change only while it is
// stopped.
func SetAttributes(tx *world.Tx, id string, a Attributes) error {
	i, err := world.Find[Instance](tx, id)
	if err != nil {
		return err
	}
	if i.State == Terminated || i.State == ShuttingDown {
		return refuse.New("IncorrectInstanceState", "The instance '%s' is not in a valid state for this operation.", id)
	}
	if (a.UserData != nil || a.Type != nil || a.EBSOptimized != nil) && i.State != Stopped {
		return refuse.New("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", id)
	}
	if a.UserData != nil {
		if err := CheckUserData(*a.UserData); err != nil {
			return err
		}
	}
	if a.Type != nil {
		kind, err := FindInstanceType(*a.Type)
		if err != nil {
			return err
		}
		if kind.Architecture != i.Architecture {
			return refuse.InvalidParameterValue("The architecture '%s' of the specified instance type does not match the architecture '%s' of the instance.", kind.Architecture, i.Architecture)
		}
	}
	interfaces := network.InterfacesOf(tx, id)
	if len(a.Groups) > 0 && len(interfaces) > 0 {
		if err := network.SetInterfaceGroups(tx, interfaces[0].ID, a.Groups); err != nil {
			return err
		}
	}
	if a.SourceDestCheck != nil && len(interfaces) > 0 {
		world.Edit(tx, interfaces[0].ID, func(x *network.NetworkInterface) { x.NoSourceDestCheck = !*a.SourceDestCheck })
	}
	world.Edit(tx, id, func(i *Instance) {
		set(&i.DisableTermination, a.DisableTermination)
		set(&i.DisableStop, a.DisableStop)
		set(&i.ShutdownBehavior, a.ShutdownBehavior)
		set(&i.UserData, a.UserData)
		set(&i.Type, a.Type)
		set(&i.EBSOptimized, a.EBSOptimized)
	})
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// SetMetadataOptions changes the options that are given (non-zero).
func SetMetadataOptions(tx *world.Tx, id string, m MetadataOptions) (MetadataOptions, error) {
	i, err := world.Find[Instance](tx, id)
	if err != nil {
		return m, err
	}
	if i.State == Terminated || i.State == ShuttingDown {
		return m, refuse.New("IncorrectInstanceState", "The instance '%s' is not in a valid state for this operation.", id)
	}
	if m.HopLimit != 0 && (m.HopLimit < 1 || m.HopLimit > 64) {
		return m, refuse.InvalidParameterValue("Value (%d) for parameter HttpPutResponseHopLimit is invalid. Valid values are from 1 to 64.", m.HopLimit)
	}
	merged := i.Metadata
	for field, value := range map[*string]string{&merged.Tokens: m.Tokens, &merged.Endpoint: m.Endpoint, &merged.Tags: m.Tags} {
		if value != "" {
			*field = value
		}
	}
	if m.HopLimit != 0 {
		merged.HopLimit = m.HopLimit
	}
	world.Edit(tx, id, func(i *Instance) { i.Metadata = merged })
	return merged, nil
}
