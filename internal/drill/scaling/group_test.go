package scaling_test

import (
	"reflect"
	"testing"

	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// members are instances of a group, each "instance zone lifecycle health".
func members(all ...[4]string) []scaling.Member {
	var ms []scaling.Member
	for _, m := range all {
		ms = append(ms, scaling.Member{Instance: m[0], Zone: m[1], Lifecycle: m[2], Health: m[3]})
	}
	return ms
}

func TestGroup_Healed(t *testing.T) {
	const in, ok = "InService", "Healthy"
	before := map[string]string{"i-a": "a", "i-b": "b"}
	for _, test := range []struct {
		name    string
		members []scaling.Member
		desired int
		states  map[string]string
		gone    []string
		want    bool
	}{
		{"as before", members([4]string{"i-a", "a", in, ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-a": "healthy", "i-b": "healthy"}, nil, true},
		{"as before, but the victim should be gone", members([4]string{"i-a", "a", in, ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-a": "healthy", "i-b": "healthy"}, []string{"i-a"}, false},
		{"replaced", members([4]string{"i-c", "a", in, ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-a": "draining", "i-c": "healthy", "i-b": "healthy"}, []string{"i-a"}, true},
		{"replaced in another zone", members([4]string{"i-c", "b", in, ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-c": "healthy", "i-b": "healthy"}, []string{"i-a"}, false},
		{"the new one isn't healthy behind the load balancer", members([4]string{"i-c", "a", in, ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-c": "initial", "i-b": "healthy"}, nil, false},
		{"the new one is pending", members([4]string{"i-c", "a", "Pending", ok}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-b": "healthy"}, nil, false},
		{"one is about to be replaced", members([4]string{"i-a", "a", in, "Unhealthy"}, [4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-a": "healthy", "i-b": "healthy"}, nil, false},
		{"not launched yet", members([4]string{"i-b", "b", in, ok}), 2, map[string]string{"i-b": "healthy"}, []string{"i-a"}, false},
		{"scaled out meanwhile", members([4]string{"i-c", "a", in, ok}, [4]string{"i-b", "b", in, ok}, [4]string{"i-d", "a", in, ok}), 3, map[string]string{"i-c": "healthy", "i-b": "healthy", "i-d": "healthy"}, []string{"i-a"}, true},
		{"scaled in meanwhile", members([4]string{"i-b", "b", in, ok}), 1, map[string]string{"i-b": "healthy"}, []string{"i-a"}, true},
		{"emptied", nil, 0, nil, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (scaling.Group{Desired: test.desired, Members: test.members}).Healed(test.states, before, test.gone); got != test.want {
				t.Errorf("healed: %v", got)
			}
		})
	}
}

// TestGroup_Replaced pairs instances within a zone first.
func TestGroup_Replaced(t *testing.T) {
	before := map[string]string{"i-a": "a", "i-b": "b", "i-c": "c"}
	g := scaling.Group{Members: members([4]string{"i-1", "b"}, [4]string{"i-2", "a"}, [4]string{"i-c", "c"}, [4]string{"i-3", "a"})}
	if got, want := g.Replaced(before), []scaling.Replacement{{Instance: "i-a", By: "i-2", Zone: "a"}, {Instance: "i-b", By: "i-1", Zone: "b"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := (scaling.Group{Members: members([4]string{"i-a", "a"}, [4]string{"i-b", "b"}, [4]string{"i-c", "c"}, [4]string{"i-4", "a"})}).Replaced(before); got != nil {
		t.Errorf("nothing was replaced, but %v", got)
	}
}

func TestGroup_ChecksTargetsAndLacks(t *testing.T) {
	for kind, want := range map[string]bool{"EC2": false, "ELB": true, "EC2,ELB": true, "ELB,EBS": true, "EC2, ELB": true, "": false} {
		if got := (scaling.Group{HealthCheckType: kind}).ChecksTargets(); got != want {
			t.Errorf("%q: %v", kind, got)
		}
	}
	g := scaling.Group{Suspended: []string{"AZRebalance", "HealthCheck"}}
	if got := g.Lacks(); !reflect.DeepEqual(got, []string{"HealthCheck"}) {
		t.Errorf("it lacks %v", got)
	}
	if got := g.Running(scaling.Heals()...); !reflect.DeepEqual(got, []string{"ReplaceUnhealthy"}) {
		t.Errorf("to be suspended: %v", got)
	}
}
