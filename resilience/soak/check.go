package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/resilience/lab"
)

// ended judges how a command ended that does something: whether it is done, and what is wrong.
func (r *soaking) ended(out lab.Outcome, c cut, hit bool) (done bool, wrong []string) {
	switch {
	case out.Killed && !hit:
		return false, []string{"it hangs: " + out.String()}
	case out.Killed:
		return false, nil
	case out.Exit == 0:
		return true, nil
	case out.Exit == 130 && hit && c.by == byInterrupt:
		return false, document(out)
	case out.Exit == 1 && (hard(r.trouble) || hit && c.by == byCloud):
		r.counts["failed for a cause"]++
		return false, document(out)
	}
	return false, []string{"it must not end so: " + out.String()}
}

// document says what is wrong with the one JSON document that a command's standard output is, where it failed.
func document(out lab.Outcome) (wrong []string) {
	var failure struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(out.Out), &failure); err != nil || failure.Error.Code == "" || failure.Error.Message == "" {
		return []string{fmt.Sprintf("its output isn't the document of a failure (%v): %s", err, out)}
	}
	return nil
}

// allowed are the exit codes of a command that looks, by the model.
func (r *soaking) allowed(command string) []int {
	const fine, pending = 0, 3
	codes := []int{fine, pending}
	switch {
	case hard(r.trouble):
		codes = append(codes, 1) // what is denied may be what it looks with
	case r.open || late(r.trouble):
	case r.shape == nil && command == "plan" || r.drifted:
		codes = []int{pending}
	case r.shape == nil, !r.shaken:
		codes = []int{fine}
	}
	return codes
}

func ids(objects []lab.Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.Kind+" "+o.ID)
	}
	slices.Sort(all)
	return all
}

// always checks what holds after every step: what others have is there, the state can be read, and knows every object.
func (r *soaking) always() (wrong []string, err error) {
	objects, err := r.site.Everything()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, o := range objects {
		seen[o.ID] = true
	}
	for id := range r.site.Strangers {
		if !seen[id] {
			wrong = append(wrong, "what another made is gone: "+id)
		}
	}
	if r.lost {
		return wrong, nil
	}
	doc, err := r.site.Document()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		wrong = append(wrong, fmt.Sprintf("the state can't be read: %v", err))
	}
	known := map[string]bool{}
	for _, record := range doc.Records {
		known[record.Key.String()] = true
	}
	for _, o := range objects {
		if key := o.Key(); key != "" && !r.site.Strangers[o.ID] && !known[key] {
			wrong = append(wrong, fmt.Sprintf("the state knows nothing of %s (%s)", key, o.ID))
		}
	}
	return wrong, nil
}

// inDetail compares a platform that is up with its shape, as far as counting objects doesn't say.
func inDetail(ctx context.Context, site *lab.Site, c *awsapi.Clients, shape lab.Shape) (wrong []string, err error) {
	objects, err := site.Objects()
	if err != nil {
		return nil, err
	}
	var group string
	for _, o := range objects {
		if o.Kind == "target group" {
			group = o.ID
		}
		for name, value := range shape.Tags {
			if key := o.Key(); key != "" && o.Tags[name] != value {
				wrong = append(wrong, fmt.Sprintf("%s (%s) has the tag %s=%q instead of %q", key, o.ID, name, o.Tags[name], value))
			}
		}
	}
	if group == "" {
		return append(wrong, "there is no target group"), nil
	}
	groups, err := c.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
	if err != nil {
		return wrong, err
	}
	if every := time.Duration(*groups.TargetGroups[0].HealthCheckIntervalSeconds) * time.Second; every != shape.CheckEvery {
		wrong = append(wrong, fmt.Sprintf("health is checked every %s instead of %s", every, shape.CheckEvery))
	}
	_, page, err := site.Page(ctx)
	if err != nil || !strings.Contains(page, shape.Page) {
		wrong = append(wrong, fmt.Sprintf("the page isn't %q: %v, %q", shape.Page, err, page))
	}
	return wrong, nil
}
