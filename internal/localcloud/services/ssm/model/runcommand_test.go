package model

import (
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const region = "eu-west-1"

// story is a world with AWS's times, in which nothing happens but what the test does.
type story struct {
	*testing.T
	world *world.World
	now   time.Time
	id    string // of the instance
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{T: t, now: time.Unix(1_800_000_000, 0)}
	latency, err := world.ParseLatency("aws")
	if err != nil {
		t.Fatal(err)
	}
	s.world, err = world.Open("", world.Options{Now: func() time.Time { return s.now }, Latency: latency},
		slices.Concat(network.Kinds(), compute.Kinds(), iammodel.Kinds(), Kinds())...)
	if err != nil {
		t.Fatal(err)
	}
	s.do(func(tx *world.Tx) error {
		network.Prepare(tx)
		if _, err := iammodel.CreateRole(tx, iammodel.NewRole{Name: "agent",
			TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`}); err != nil {
			return err
		}
		if err := iammodel.AttachRolePolicy(tx, "agent", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"); err != nil {
			return err
		}
		if _, err := iammodel.CreateProfile(tx, "agent", "/", nil); err != nil {
			return err
		}
		return iammodel.AddRole(tx, "agent", "agent")
	})
	s.after(time.Minute)
	s.do(func(tx *world.Tx) error {
		made, err := compute.Run(tx, compute.Launch{ImageID: compute.LatestImages(region)["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"],
			Type: "t3.micro", MinCount: 1, MaxCount: 1, ProfileName: "agent"}, "")
		if err == nil {
			s.id = made[0].ID
		}
		return err
	})
	s.after(25 * time.Second) // it runs
	return s
}

func (s *story) do(f func(*world.Tx) error) {
	s.Helper()
	if err := s.world.Update(region, f); err != nil {
		s.Fatal(err)
	}
}

// after lets time pass, and the agents notice what there is to be noticed.
func (s *story) after(d time.Duration) {
	s.Helper()
	s.now = s.now.Add(d)
	s.do(func(tx *world.Tx) error {
		Refresh(tx)
		if Stale(tx) {
			s.Error("refreshed, and still stale")
		}
		return nil
	})
}

// ping is how the agent's connection is told, "" if it isn't.
func (s *story) ping() (status string) {
	s.Helper()
	s.do(func(tx *world.Tx) error {
		if m, known := world.Get[ManagedInstance](tx, s.id); known && m.Known() {
			status = m.PingStatus()
		}
		return nil
	})
	return status
}

func (s *story) expectPing(when, want string) {
	s.Helper()
	if got := s.ping(); got != want {
		s.Errorf("%s the agent is %q, want %q", when, got, want)
	}
}

func (s *story) send() (command *Command, err error) {
	s.Helper()
	err = s.world.Update(region, func(tx *world.Tx) error {
		command, err = Order(tx, Send{ID: "01234567-0123-0123-0123-0123456789ab", InstanceIDs: []string{s.id}, Timeout: time.Minute,
			Parameters: map[string][]string{"commands": {"true"}, "executionTimeout": {"600"}}})
		return err
	})
	return command, err
}

// invocation is the command's on the instance.
func (s *story) invocation(c *Command) (i *Invocation) {
	s.Helper()
	s.do(func(tx *world.Tx) error {
		i, _ = world.Get[Invocation](tx, c.ID+"/"+s.id)
		return nil
	})
	return i
}

// permit lets the agent talk to Systems Manager, or not, by its role.
func (s *story) permit(yes bool) {
	s.Helper()
	s.do(func(tx *world.Tx) error {
		const policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
		if yes {
			return iammodel.AttachRolePolicy(tx, "agent", policy)
		}
		return iammodel.DetachRolePolicy(tx, "agent", policy)
	})
	s.after(0)
}

func TestRefresh_AgentRegistersAndIsLostInTime(t *testing.T) {
	s := newStory(t)
	s.after(44 * time.Second)
	s.expectPing("44 s after it runs", "")
	if _, err := s.send(); err == nil {
		t.Error("an instance that hasn't registered takes commands")
	}
	s.after(time.Second)
	s.expectPing("45 s after it runs", "Online")
	s.permit(false)
	s.after(5*time.Minute - time.Second)
	s.expectPing("just before it is missed", "Online")
	s.after(time.Second)
	s.expectPing("after five minutes of silence", "ConnectionLost")
	s.permit(true)
	s.expectPing("before it is back", "ConnectionLost")
	s.after(45 * time.Second)
	s.expectPing("when it is back", "Online")
	s.permit(false)
	s.permit(true) // and nobody noticed
	s.after(10 * time.Minute)
	s.expectPing("after a short silence", "Online")
	s.do(func(tx *world.Tx) error { _, err := compute.Terminate(tx, []string{s.id}); return err })
	s.after(time.Minute)
	s.after(6 * time.Minute)
	s.expectPing("terminated", "ConnectionLost")
	s.after(2 * time.Hour)
	s.expectPing("gone", "")
}

func TestRefresh_DeliversDelaysOrTimesOutCommands(t *testing.T) {
	s := newStory(t)
	s.after(time.Minute)
	c, err := s.send()
	if err != nil {
		t.Fatal(err)
	}
	if i := s.invocation(c); i.Status != Pending {
		t.Errorf("at once: %+v", i)
	}
	s.after(time.Second)
	if i := s.invocation(c); i.Status != InProgress || !i.Started.Equal(s.now) {
		t.Errorf("a second later: %+v", i)
	}
	s.after(11*time.Minute - time.Second) // TimeoutSeconds and executionTimeout
	if i := s.invocation(c); i.Status != TimedOut || i.Details != "DeliveryTimedOut" {
		t.Errorf("when nobody carried it out: %+v", i)
	}
	s.do(func(tx *world.Tx) error {
		Finish(tx, c.ID+"/"+s.id, Outcome{Status: Success, Details: "Success"})
		return nil
	})
	if i := s.invocation(c); i.Status != TimedOut {
		t.Errorf("what has ended changed to %+v", i)
	}
	s.after(31 * 24 * time.Hour)
	if i := s.invocation(c); i != nil {
		t.Errorf("a month later there is still %+v", i)
	}

	s.permit(false) // and Systems Manager hasn't missed it yet
	if c, err = s.send(); err != nil {
		t.Fatal(err)
	}
	s.after(2 * time.Second)
	if i := s.invocation(c); i.Status != Delayed {
		t.Errorf("without a way: %+v", i)
	}
	s.after(57 * time.Second)
	if i := s.invocation(c); i.Status != Delayed {
		t.Errorf("still without a way: %+v", i)
	}
	s.after(time.Second)
	if i := s.invocation(c); i.Status != TimedOut || i.Details != "DeliveryTimedOut" {
		t.Errorf("after TimeoutSeconds: %+v", i)
	}
}
