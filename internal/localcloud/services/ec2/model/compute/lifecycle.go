package compute

import (
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Change is an instance's change of state.
type Change struct {
	ID            string
	Before, After State
}

// incorrectState is the refusal of what an instance's state doesn't allow.
func incorrectState(i *Instance, doing string) error {
	return refuse.New("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", i.ID, doing)
}

// Terminate starts to terminate instances, all or none. One that is terminated already
// is fine.
func Terminate(tx *world.Tx, ids []string) ([]Change, error) {
	instances, err := world.FindAll[Instance](tx, ids)
	if err != nil {
		return nil, err
	}
	for _, i := range instances {
		if i.State == Terminated {
			continue
		}
		// Stop protection keeps an instance from being terminated, too.
		// Source: Amazon EC2 User Guide, "Enable stop protection for your EC2 instances".
		attribute := "disableApiTermination"
		if !i.DisableTermination {
			attribute = "disableApiStop"
		}
		if i.DisableTermination || i.DisableStop {
			return nil, refuse.New("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its '%s' instance attribute and try again.", i.ID, attribute)
		}
	}
	return changeAll(instances, func(i *Instance) (State, error) {
		if i.State == Terminated || i.State == ShuttingDown {
			return i.State, nil
		}
		leave(tx, i.ID, ShuttingDown, Terminated, terminateStep(), "User initiated", Reason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"})
		return ShuttingDown, nil
	})
}

// Stop starts to stop instances, all or none.
func Stop(tx *world.Tx, ids []string) ([]Change, error) {
	instances, err := world.FindAll[Instance](tx, ids)
	if err != nil {
		return nil, err
	}
	return changeAll(instances, func(i *Instance) (State, error) {
		switch i.State {
		case Stopped, Stopping:
			return i.State, nil
		case Running:
			if i.DisableStop {
				return "", refuse.New("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
			}
			leave(tx, i.ID, Stopping, Stopped, stopStep(), "User initiated", Reason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"})
			return Stopping, nil
		}
		return "", incorrectState(i, "stopped")
	})
}

// Start starts stopped instances, all or none.
func Start(tx *world.Tx, ids []string) ([]Change, error) {
	instances, err := world.FindAll[Instance](tx, ids)
	if err != nil {
		return nil, err
	}
	return changeAll(instances, func(i *Instance) (State, error) {
		switch i.State {
		case Running, Pending:
			return i.State, nil
		case Stopped:
			if err := checkPlace(tx, i.Type, i.Zone); err != nil {
				return "", err
			}
			if s, ok := world.Get[network.Subnet](tx, i.SubnetID); ok && s.MapPublicIPOnLaunch {
				network.LendPublicIP(tx, network.InterfacesOf(tx, i.ID)[0].ID)
			}
			world.Edit(tx, i.ID, func(i *Instance) { i.Launched = tx.Now() })
			leave(tx, i.ID, Pending, Running, startStep(), "", Reason{"pending", "pending"})
			return Pending, nil
		}
		return "", incorrectState(i, "started")
	})
}

// Reboot reboots running instances, all or none.
func Reboot(tx *world.Tx, ids []string) error {
	instances, err := world.FindAll[Instance](tx, ids)
	if err != nil {
		return err
	}
	for _, i := range instances {
		if i.State != Running {
			return incorrectState(i, "rebooted")
		}
		world.Edit(tx, i.ID, func(i *Instance) { i.boot(tx) })
	}
	return nil
}

func changeAll(instances []*Instance, f func(*Instance) (State, error)) ([]Change, error) {
	var changes []Change
	for _, i := range instances {
		after, err := f(i)
		if err != nil {
			return nil, err
		}
		changes = append(changes, Change{i.ID, i.State, after})
	}
	return changes, nil
}

// leave puts an instance into a passing state that ends in another.
func leave(tx *world.Tx, id string, now, then State, step world.Step, why string, reason Reason) {
	world.Edit(tx, id, func(i *Instance) {
		i.State, i.StateReason, i.Unnoticed = now, reason, false
		if why != "" {
			why += " (" + strings.TrimSuffix(tx.Now().UTC().Format(time.DateTime), " UTC") + " GMT)"
		}
		i.Reason = why
		i.Become(tx, string(then), step)
	})
}
