package model

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// ShellScript is the one document that is simulated, and Plugin the part of the agent
// that carries it out.
const (
	ShellScript = "AWS-RunShellScript"
	Plugin      = "aws:runShellScript"
)

// Command is a script for some instances.
type Command struct {
	world.Object // ID: a UUID
	Comment      string
	Parameters   map[string][]string
	InstanceIDs  []string // as they were named in the call
	Targets      []Target
	// Timeout is how long it may take until the command begins on an instance, and
	// Execution how long it may take from there.
	Timeout, Execution time.Duration
}

// Target names instances by a key, such as tag:Name or InstanceIds, and its values.
type Target struct {
	Key    string
	Values []string
}

// kept is how long commands stay visible.
// Source: Systems Manager User Guide, "AWS Systems Manager Run Command": 30 days.
const kept = 30 * 24 * time.Hour

func commandKind() world.AnyKind {
	return world.Kind[Command, *Command]{
		Name: "ssm-command", Untaggable: true, NotFound: func(...string) error { return InvalidCommandID() },
		Settle: func(tx *world.Tx, c *Command, _ string) { // its time is up
			for _, i := range InvocationsOf(tx, c.ID) {
				world.Delete[Invocation](tx, i.ID)
			}
			world.Delete[Command](tx, c.ID)
		},
	}
}

// InvalidCommandID is the refusal of a command that there isn't.
func InvalidCommandID() error {
	return refuse.New("InvalidCommandId", "The specified command ID isn't valid.")
}

// ExpiresAfter is when the command ends on all instances on which it hasn't ended.
// Source: API reference of Command, ExpiresAfter.
func (c *Command) ExpiresAfter() time.Time { return c.Created.Add(c.Timeout + c.Execution) }

// Script is what the command runs, and where.
func (c *Command) Script() (text, dir string) {
	if len(c.Parameters["workingDirectory"]) > 0 {
		dir = c.Parameters["workingDirectory"][0]
	}
	return strings.Join(c.Parameters["commands"], "\n"), dir
}

// Send is what SendCommand asks for.
type Send struct {
	ID          string // a new UUID
	Comment     string
	Parameters  map[string][]string
	InstanceIDs []string
	Targets     []Target
	Timeout     time.Duration // 0: an hour
}

// defaultTimeout is that of a command and of its execution.
// Source: Systems Manager User Guide, "Handling timeouts in runbooks"; the document's own
// default of executionTimeout.
const defaultTimeout = time.Hour

// longestExecution is the most that the document allows, two days.
const longestExecution = 172_800 * time.Second

// Order makes a command and its invocations.
func Order(tx *world.Tx, in Send) (*Command, error) {
	execution, err := checkParameters(in.Parameters)
	if err != nil {
		return nil, err
	}
	ids, err := in.instances(tx)
	if err != nil {
		return nil, err
	}
	c := &Command{Object: tx.NamedObject(in.ID, nil), Comment: in.Comment, Parameters: in.Parameters, InstanceIDs: in.InstanceIDs,
		Targets: in.Targets, Timeout: in.Timeout, Execution: execution}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	c.Next = &world.Transition{At: tx.Now().Add(kept), To: "gone"}
	world.Add(tx, c)
	for _, id := range ids {
		i := &Invocation{Object: tx.NamedObject(c.ID+"/"+id, nil), CommandID: c.ID, InstanceID: id, Status: Pending, Details: "Pending", ResponseCode: -1}
		i.Become(tx, "deliver", deliverStep())
		world.Add(tx, i)
	}
	return c, nil
}

// mostCommands is how many bytes a script may have: no more than an instance runs of one, and a command is kept for long.
const mostCommands = 64 << 10

// checkParameters refuses what the document doesn't take, and returns how long the
// execution may take.
func checkParameters(parameters map[string][]string) (execution time.Duration, err error) {
	execution = defaultTimeout
	for name, values := range parameters {
		switch name {
		case "commands":
			if size := len(strings.Join(values, "\n")); size > mostCommands {
				return 0, refuse.NotSimulated("a script of %d bytes is not simulated: at most %d are", size, mostCommands)
			}
		case "workingDirectory":
			if len(values) != 1 || len(values[0]) > 4096 {
				return 0, refuse.New("InvalidParameters", "Parameter %q takes one value of at most 4096 characters.", name)
			}
		case "executionTimeout":
			seconds := 0
			if len(values) == 1 {
				seconds, err = strconv.Atoi(values[0])
			}
			execution = time.Duration(seconds) * time.Second
			if err != nil || execution <= 0 || execution > longestExecution {
				return 0, refuse.New("InvalidParameters", "Parameter %q takes one number of seconds from 1 to 172800.", name)
			}
		default:
			return 0, refuse.New("InvalidParameters", "Parameter %q is not defined in the document %s.", name, ShellScript)
		}
	}
	if len(parameters["commands"]) == 0 {
		return 0, refuse.New("InvalidParameters", "Parameter \"commands\" is required by the document %s.", ShellScript)
	}
	return execution, nil
}

// instances are those that the command goes to. Those that the call names must be there;
// of those that targets mean the others are left out.
func (in Send) instances(tx *world.Tx) (ids []string, err error) {
	if (len(in.InstanceIDs) == 0) == (len(in.Targets) == 0) {
		return nil, refuse.New("ValidationException", "Either InstanceIds or Targets must be specified, and not both.")
	}
	for n, id := range in.InstanceIDs {
		if slices.Contains(in.InstanceIDs[:n], id) {
			return nil, refuse.New("DuplicateInstanceId", "You can't specify an instance ID in more than one association.")
		}
	}
	var bad []string
	for _, id := range in.InstanceIDs {
		if !valid(tx, id) {
			bad = append(bad, id)
		}
	}
	if bad != nil {
		return nil, invalidState(bad)
	}
	if in.InstanceIDs != nil {
		return in.InstanceIDs, nil
	}
	for _, t := range in.Targets {
		if t.Key != "InstanceIds" && t.Key != "tag-key" && !strings.HasPrefix(t.Key, "tag:") {
			return nil, refuse.NotSimulated("target key %q of SendCommand is not simulated", t.Key)
		}
	}
	return Meant(tx, in.Targets), nil
}

// Meant are the instances that all of some targets mean, and that commands can be sent to.
func Meant(tx *world.Tx, targets []Target) (ids []string) {
	for _, m := range world.All[ManagedInstance](tx) {
		i, there := world.Get[compute.Instance](tx, m.ID)
		if there && valid(tx, m.ID) && !slices.ContainsFunc(targets, func(t Target) bool { return !t.means(i) }) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func (t Target) means(i *compute.Instance) bool {
	switch t.Key {
	case "InstanceIds":
		return slices.Contains(t.Values, i.ID)
	case "tag-key":
		return slices.ContainsFunc(t.Values, func(key string) bool { _, there := i.Tags[key]; return there })
	}
	value, there := i.Tags[strings.TrimPrefix(t.Key, "tag:")]
	return there && slices.Contains(t.Values, value)
}

// valid reports whether Systems Manager takes commands for the instance.
func valid(tx *world.Tx, id string) bool {
	m, known := world.Get[ManagedInstance](tx, id)
	i, there := world.Get[compute.Instance](tx, id)
	return known && there && m.Known() && m.PingStatus() == "Online" && i.State == compute.Running
}
