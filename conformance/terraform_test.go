//go:build judges

package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	scaling "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// TestTerraform_MakesChangesDestroys lets Terraform's AWS provider make, find unchanged, change and destroy a platform on the local
// cloud, with traffic through its load balancer in between, an Auto Scaling group whose instances it refreshes, and an alarm with its
// topic, key and dashboard. Nothing may be
// left.
func TestTerraform_MakesChangesDestroys(t *testing.T) {
	t.Parallel() // most of its time goes by with the provider's own pauses
	testenv.Program(t, "terraform")
	installed, err := terraform.Find(t.TempDir())
	if err != nil {
		testenv.Missing(t, "terraform-provider-aws", err)
	}
	c := startCloud(t)
	tf := newWorkspace(t, installed, c.Endpoint)

	tf.run("init", "-input=false")
	tf.run("fmt", "-check", "-diff")
	tf.apply(2)
	tf.unchanged(2)
	c.answered(t, tf.instances(2))

	tf.apply(3)
	tf.unchanged(3)
	c.refreshed(t, 1)
	c.answered(t, tf.instances(3))

	tf.apply(1) // scales in, too
	tf.unchanged(1)
	c.refreshed(t, 2)
	c.answered(t, tf.instances(1))

	tf.run("destroy", "-auto-approve", "-input=false", "-var=instance_count=1")
	if left := c.left(t); len(left) > 0 {
		t.Errorf("after destroy there are still %q", left)
	}
	c.notSimulated(t)
	judge(t, c.recording)
}

// workspace is a working directory with the configuration under test.
type workspace struct {
	t         *testing.T
	installed *terraform.Terraform
	dir       string
	endpoint  string
}

func newWorkspace(t *testing.T, installed *terraform.Terraform, endpoint string) *workspace {
	t.Helper()
	dir := t.TempDir()
	sources, err := os.ReadDir("terraform")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if !source.Type().IsRegular() {
			continue // .terraform of somebody who tried it by hand
		}
		text, err := os.ReadFile(filepath.Join("terraform", source.Name()))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, source.Name()), string(text))
	}
	return &workspace{t, installed, dir, endpoint}
}

// run runs Terraform and fails the test unless it succeeds.
func (tf *workspace) run(args ...string) string {
	tf.t.Helper()
	output, err := tf.command(args...)
	if err != nil {
		tf.t.Fatalf("terraform %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

func (tf *workspace) command(args ...string) (string, error) {
	started := time.Now()
	command := tf.installed.Command(tf.t.Context(), tf.dir, args...)
	command.Env = append(command.Env, "TF_VAR_endpoint="+tf.endpoint)
	output, err := command.CombinedOutput()
	tf.t.Logf("terraform %s took %v", args[0], time.Since(started).Round(time.Second/10))
	return string(output), err
}

func (tf *workspace) apply(instances int) {
	tf.t.Helper()
	tf.run("apply", "-no-color", "-auto-approve", "-input=false", fmt.Sprintf("-var=instance_count=%d", instances))
}

// unchanged expects an empty plan.
func (tf *workspace) unchanged(instances int) {
	tf.t.Helper()
	const changes = 2 // exit code of -detailed-exitcode
	output, err := tf.command("plan", "-no-color", "-input=false", "-detailed-exitcode", fmt.Sprintf("-var=instance_count=%d", instances))
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == changes:
		tf.t.Errorf("right after apply, Terraform would change again:\n%s", output)
	case err != nil:
		tf.t.Fatalf("terraform plan: %v\n%s", err, output)
	}
}

// instances are the IDs that the configuration put out.
func (tf *workspace) instances(want int) []string {
	tf.t.Helper()
	var ids []string
	if err := json.Unmarshal([]byte(tf.run("output", "-json", "instances")), &ids); err != nil {
		tf.t.Fatal(err)
	}
	if len(ids) != want {
		tf.t.Fatalf("Terraform made the instances %q, want %d", ids, want)
	}
	return ids
}

// answered fetches pages through the load balancer until every instance has sent its own, and none any more that is not
// among them.
func (c *cloud) answered(t *testing.T, instances []string) {
	t.Helper()
	const turns = 20
	entrance := c.entrance(t, "judge")
	if body, err := fetch(t, "http://"+entrance+"/about"); err != nil || body != "answered by the load balancer" {
		t.Errorf("the load balancer's own page is %q, %v", body, err)
	}
	want := slices.Sorted(slices.Values(instances))
	var got []string
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		seen := map[string]bool{}
		for range turns {
			body, err := fetch(t, "http://"+entrance+"/")
			if err != nil {
				last = err.Error()
				seen["nobody"] = true
				continue
			}
			id, _, _ := strings.Cut(body, " in ")
			seen[strings.TrimSpace(id)] = true
		}
		got = got[:0]
		for id := range seen {
			got = append(got, id)
		}
		slices.Sort(got)
		if slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("after %v, %d fetches are answered by %q, want %q; the last failure: %s", patience, turns, got, want, last)
}

// refreshed waits until the last of so many instance refreshes of the group has succeeded. The launch template has had one version
// more, and the group's only instance must be of it.
func (c *cloud) refreshed(t *testing.T, refreshes int) {
	t.Helper()
	const group = "judge-scaled"
	var seen string
	for deadline := time.After(2 * patience); ; {
		changed := c.World.Changed()
		if err := c.World.View("us-east-1", func(tx *world.Tx) error {
			all, instances := scaling.RefreshesOf(tx, group), scaling.InstancesOf(tx, group)
			seen = fmt.Sprintf("%d refreshes", len(all))
			if len(all) > 0 {
				seen += ", the last one " + all[0].Status + " " + all[0].Reason
			}
			for _, instance := range instances {
				seen += fmt.Sprintf("; an instance of version %s is %s", instance.Template.Version, instance.State)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d refreshes, the last one %s ; an instance of version %d is %s", refreshes, scaling.RefreshSuccessful, refreshes+1, scaling.InService); seen == want {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("after %d changes of the launch template: %s", refreshes, seen)
		}
	}
}

func fetch(t *testing.T, url string) (string, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != http.StatusOK {
		err = errors.New(reply.Status)
	}
	return string(body), err
}

// notSimulated fails the test when the local cloud refused a call because it doesn't know its operation or a parameter.
func (c *cloud) notSimulated(t *testing.T) {
	t.Helper()
	for _, e := range c.recorded(t) {
		if e.Status >= http.StatusBadRequest && strings.Contains(e.Reply, "not simulated") {
			t.Errorf("%s %s: %s\n%s", e.Service, e.Operation, e.Reply, e.Request)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
