package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/state"
)

// Findings are what is wrong with a site, each in a sentence. None is as it should be.
type Findings struct {
	// Duplicates are objects beyond the one that there must be of each.
	Duplicates []string
	// LeftOver is what should have gone.
	LeftOver []string
	// Wrong is all else: what is missing, a state that says otherwise than the world, a page that doesn't answer.
	Wrong []string
}

// All are all findings.
func (f Findings) All() []string { return slices.Concat(f.Duplicates, f.LeftOver, f.Wrong) }

func (f *Findings) wrong(format string, args ...any) {
	f.Wrong = append(f.Wrong, fmt.Sprintf(format, args...))
}

// Complete compares a platform that is up with its shape: the world holds one of each object and nothing else, the state
// knows each of them and nothing else, a plan is empty, and the page comes from every instance.
func (s *Site) Complete(ctx context.Context, shape Shape) (f Findings) {
	objects, err := s.Objects()
	if err != nil {
		f.wrong("%v", err)
		return f
	}
	surplus, missing := Compare(objects, shape.Census())
	// A group ends by itself what it has replaced.
	for began := time.Now(); shape.Max > 0 && len(surplus) > 0 && time.Since(began) < endsWithin && err == nil; {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(time.Second):
			objects, err = s.Objects()
			surplus, missing = Compare(objects, shape.Census())
		}
	}
	if err != nil {
		f.wrong("%v", err)
		return f
	}
	f.Duplicates = surplus
	f.Wrong = append(f.Wrong, missing...)
	s.agrees(&f, objects)
	if plan, err := s.Run(ctx, "plan", "--exit-code"); err != nil || plan.Exit != 0 {
		f.wrong("a plan finds something to do (%v): %s", err, plan)
	}
	if err := s.Serves(ctx, shape.whole().Instances); err != nil {
		f.wrong("the page: %v", err)
	}
	return f
}

// endsWithin is how long a group may take to end an instance that it has replaced: to drain it, and to terminate it.
const endsWithin = 20 * time.Second

// agrees compares the state with the world.
func (s *Site) agrees(f *Findings, objects []Object) {
	doc, err := s.Document()
	if err != nil {
		f.wrong("the state: %v", err)
		return
	}
	there, recorded := map[string]bool{}, map[string]bool{}
	for _, o := range objects {
		there[o.ID] = true
		if i := strings.LastIndexByte(o.ID, ':'); o.Kind == "subscription" && i > 0 {
			there[subscriptionOf+o.ID[:i]] = true
		}
	}
	for _, r := range doc.Records {
		recorded[r.Key.String()+" "+r.ID] = true
		id := r.ID
		// A DNS record has no ID of AWS's: zone/zone's name/name/type.
		if parts := strings.Split(id, "/"); r.Key.Kind == "dns-record" && len(parts) == 4 {
			id = parts[0] + "/" + parts[2] + "./" + parts[3]
		}
		// The world has a scaling policy by its group's name and its own: …:autoScalingGroupName/group:policyName/policy.
		if _, names, ok := strings.Cut(id, ":autoScalingGroupName/"); ok && r.Key.Kind == "scaling-policy" {
			id = strings.Replace(names, ":policyName/", "/", 1)
		}
		// The world has a dashboard by its name alone.
		if _, name, ok := strings.Cut(id, ":dashboard/"); ok && r.Key.Kind == "dashboard" {
			id = name
			recorded[r.Key.String()+" "+id] = true
		}
		// A subscription has no ID of AWS's before it is confirmed: topic/name.
		if topic, _, ok := strings.Cut(id, "/"); ok && r.Key.Kind == "subscription" {
			id = subscriptionOf + topic
		}
		// A registration has no ID of its own: target group|instance|port.
		if _, instance, ok := strings.Cut(id, "|"); ok {
			id, _, _ = strings.Cut(instance, "|")
		}
		switch {
		case r.Intent():
			f.wrong("the state: the outcome of making %s is still open", r.Key)
		case r.Deleting:
			f.wrong("the state: %s (%s) is still to be deleted", r.Key, r.ID)
		case !there[id]:
			f.wrong("the state: %s (%s) is not there", r.Key, r.ID)
		}
	}
	for _, o := range objects {
		if key := o.Key(); key != "" && !recorded[key+" "+o.ID] {
			f.wrong("the state doesn't know %s (%s)", key, o.ID)
		}
	}
}

// Document reads the state.
func (s *Site) Document() (doc state.Document, err error) {
	data, err := os.ReadFile(s.State())
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	return doc, err
}

// servesWithin is how long the page may take to have come from every instance.
const servesWithin = 10 * time.Second

// Serves fetches the page through the load balancer until it has come from so many instances. Every answer must be good.
func (s *Site) Serves(ctx context.Context, instances int) error {
	ctx, cancel := context.WithTimeout(ctx, servesWithin)
	defer cancel()
	answered := map[string]bool{}
	for tries := 0; len(answered) < instances; tries++ {
		if tries == 50*instances {
			return fmt.Errorf("only %d of %d instances answer", len(answered), instances)
		}
		instance, _, err := s.Page(ctx)
		if err != nil {
			return err
		}
		answered[instance] = true
	}
	return nil
}

// Page fetches the page through the load balancer, once. It returns which instance answered, and with what.
func (s *Site) Page(ctx context.Context) (instance, text string, err error) {
	status, err := s.Status(ctx)
	if err != nil {
		return "", "", err
	}
	if len(status.LoadBalancers) != 1 || len(status.LoadBalancers[0].Listeners) == 0 || len(status.LoadBalancers[0].Listeners) > 2 {
		return "", "", fmt.Errorf("there are no listeners that a page could come from: %+v", status.LoadBalancers)
	}
	address := ""
	for _, listener := range status.LoadBalancers[0].Listeners {
		switch {
		case listener.Port == blueprint.HTTPSPort:
			address = "https://" + listener.Address
		case address == "":
			address = "http://" + listener.Address
		}
	}
	header, body, err := ask(ctx, http.MethodGet, address, "", nil)
	return header.Get(blueprint.InstanceHeader), string(body), err
}

// Empty compares the world with a new account's, and looks for what is left of the state.
func (s *Site) Empty() (f Findings) {
	objects, err := s.Objects()
	if err != nil {
		f.wrong("%v", err)
	}
	for _, o := range objects {
		f.LeftOver = append(f.LeftOver, o.Kind+" "+o.ID)
	}
	if _, err := os.Stat(s.State()); !errors.Is(err, fs.ErrNotExist) {
		f.wrong("the state file is still there (%v)", err)
	}
	// What a killed process was writing stays, but what comes after it must not add to that without end.
	if files, err := filepath.Glob(filepath.Join(filepath.Dir(s.State()), ".*")); err != nil || len(files) > 2 {
		f.wrong("files left beside the state: %v (%v)", files, err)
	}
	return f
}

// subscriptionOf begins what stands for a topic's having a subscription.
const subscriptionOf = "subscription of "
