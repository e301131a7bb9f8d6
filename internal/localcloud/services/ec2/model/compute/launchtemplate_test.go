package compute_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// in runs f in a transaction of a world that has launch templates and no instance.
func in(t *testing.T, quotas world.Quotas, f func(tx *world.Tx)) {
	t.Helper()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }, Quotas: quotas}, slices.Concat(network.Kinds(), compute.Kinds())...)
	ok(t, err)
	ok(t, w.Update("eu-west-1", func(tx *world.Tx) error { f(tx); return nil }))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if !refuse.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func template(t *testing.T, tx *world.Tx, name string, first compute.Parameters) *compute.LaunchTemplate {
	t.Helper()
	made, err := compute.CreateLaunchTemplate(tx, name, compute.NewVersion{Data: first}, "", nil)
	ok(t, err)
	return made
}

func typeOf(kind string) compute.NewVersion {
	return compute.NewVersion{Data: compute.Parameters{Type: kind}}
}

func TestResolveTemplate_FindsEachVersionByItsNames(t *testing.T) {
	in(t, nil, func(tx *world.Tx) {
		made := template(t, tx, "web", compute.Parameters{Type: "t3.micro"})
		_, err := compute.CreateVersion(tx, "", "web", "", typeOf("t3.small"), "")
		ok(t, err)
		for _, tt := range []struct{ version, kind, number string }{
			{"", "t3.micro", "1"}, {"$Default", "t3.micro", "1"}, {"$Latest", "t3.small", "2"}, {"1", "t3.micro", "1"}, {"2", "t3.small", "2"},
		} {
			l, number, err := compute.ResolveTemplate(tx, compute.TemplateRef{ID: made.ID, Version: tt.version})
			ok(t, err)
			want := world.Tags{"aws:ec2launchtemplate:id": made.ID, "aws:ec2launchtemplate:version": tt.number}
			if l.Type != tt.kind || fmt.Sprint(number) != tt.number || testenv.Diff(want, l.InstanceTags) != "" {
				t.Errorf("version %q: got %s, number %d, tags %v", tt.version, l.Type, number, l.InstanceTags)
			}
		}
		for _, version := range []string{"3", "0", "-1", "latest"} {
			_, _, err := compute.ResolveTemplate(tx, compute.TemplateRef{Name: "web", Version: version})
			refused(t, err, "InvalidLaunchTemplateId.VersionNotFound")
		}
		_, _, err = compute.ResolveTemplate(tx, compute.TemplateRef{Name: "other"})
		refused(t, err, "InvalidLaunchTemplateName.NotFoundException")
		_, err = compute.SetDefaultVersion(tx, "", "web", "2")
		ok(t, err)
		if l, _, err := compute.ResolveTemplate(tx, compute.TemplateRef{Name: "web"}); err != nil || l.Type != "t3.small" {
			t.Errorf("got %v %v, want the new default", l.Type, err)
		}
	})
}

func TestDeleteVersion_NeverGivesANumberTwice(t *testing.T) {
	in(t, nil, func(tx *world.Tx) {
		made := template(t, tx, "web", compute.Parameters{Type: "t3.micro"})
		add := func() int {
			v, err := compute.CreateVersion(tx, made.ID, "", "1", compute.NewVersion{}, "")
			ok(t, err)
			return v.Number
		}
		add()
		latest := add()
		made, _ = world.Get[compute.LaunchTemplate](tx, made.ID)
		_, err := compute.DeleteVersion(tx, made, fmt.Sprint(latest))
		ok(t, err)
		if _, number, err := compute.ResolveTemplate(tx, compute.TemplateRef{ID: made.ID, Version: "$Latest"}); err != nil || number != 2 {
			t.Errorf("$Latest is %d, %v, want 2", number, err)
		}
		_, err = compute.DeleteVersion(tx, made, "$Default")
		refused(t, err, "OperationNotPermitted")
		if next := add(); next != 4 {
			t.Errorf("the next version is %d, want 4", next)
		}
	})
}

func TestCreateLaunchTemplate_KeepsToItsLimits(t *testing.T) {
	in(t, world.Quotas{"launch_templates": 1, "launch_template_versions": 2}, func(tx *world.Tx) {
		made := template(t, tx, "web", compute.Parameters{Type: "t3.micro"})
		_, err := compute.CreateLaunchTemplate(tx, "web", typeOf("t3.micro"), "", nil)
		refused(t, err, "InvalidLaunchTemplateName.AlreadyExistsException")
		_, err = compute.CreateLaunchTemplate(tx, "other", typeOf("t3.micro"), "", nil)
		refused(t, err, "LaunchTemplateLimitExceeded")
		_, err = compute.CreateLaunchTemplate(tx, "a name", typeOf("t3.micro"), "", nil)
		refused(t, err, "InvalidLaunchTemplateName.MalformedException")
		_, err = compute.CreateVersion(tx, made.ID, "", "", typeOf("t3.small"), "")
		ok(t, err)
		_, err = compute.CreateVersion(tx, made.ID, "", "", typeOf("t3.small"), "")
		refused(t, err, "LaunchTemplateVersionLimitExceeded")
		// All versions go with the template, and the name is free.
		_, err = compute.DeleteLaunchTemplate(tx, "", "web")
		ok(t, err)
		if left := world.All[compute.TemplateVersion](tx); len(left) != 0 {
			t.Errorf("%d versions are left", len(left))
		}
		template(t, tx, "web", compute.Parameters{Type: "t3.micro"})
	})
}

func TestCreateLaunchTemplate_TokenMakesOne(t *testing.T) {
	in(t, nil, func(tx *world.Tx) {
		first, err := compute.CreateLaunchTemplate(tx, "web", typeOf("t3.micro"), "token", nil)
		ok(t, err)
		again, err := compute.CreateLaunchTemplate(tx, "web", typeOf("t3.micro"), "token", nil)
		ok(t, err)
		if first.ID != again.ID {
			t.Errorf("got %s and %s", first.ID, again.ID)
		}
		_, err = compute.CreateLaunchTemplate(tx, "web", typeOf("t3.small"), "token", nil)
		refused(t, err, "IdempotentParameterMismatch")
		for range 2 {
			v, err := compute.CreateVersion(tx, first.ID, "", "", typeOf("t3.small"), "token")
			ok(t, err)
			if v.Number != 2 {
				t.Errorf("got version %d, want 2", v.Number)
			}
		}
	})
}

func TestParameters_OverTakesEachParameterWhole(t *testing.T) {
	yes, no, zero := true, false, 0
	base := compute.Parameters{ImageID: "ami-1", Type: "t3.micro", Groups: []string{"sg-1"}, Monitoring: &yes, EBSOptimized: &yes,
		Metadata: &compute.MetadataOptions{Tokens: "required", HopLimit: 1}, Tags: []compute.TypeTags{{"instance", world.Tags{"a": "1"}}, {"volume", world.Tags{"b": "2"}}},
		Interfaces: []compute.Interface{{DeviceIndex: &zero, Groups: []string{"sg-2"}, PublicIP: &no}}}
	got := compute.Parameters{Type: "t3.small", Monitoring: &no, Metadata: &compute.MetadataOptions{HopLimit: 2},
		Tags: []compute.TypeTags{{"instance", world.Tags{"c": "3"}}}}.Over(base).Launch().In("subnet-1")
	want := compute.Launch{ImageID: "ami-1", Type: "t3.small", MinCount: 1, MaxCount: 1, Groups: []string{"sg-1"}, EBSOptimized: true, ShutdownBehavior: "stop",
		Metadata: compute.MetadataOptions{HopLimit: 2}, InstanceTags: world.Tags{"c": "3"},
		Interfaces: []compute.LaunchInterface{{SubnetID: "subnet-1", Groups: []string{"sg-2"}, PublicIP: &no}}}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
