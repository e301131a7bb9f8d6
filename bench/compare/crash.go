package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/bench/compare/process"
	"github.com/platformctl/platformctl/resilience/lab"
)

// moment is a call at which a tool is killed: the n-th of its operation.
type moment struct {
	operation string
	n         int
	at        lab.Moment
}

// String is the moment for people.
func (m moment) String() string {
	which := m.operation
	if m.n > 1 {
		which += fmt.Sprintf(" (%d.)", m.n)
	}
	if m.at == lab.Acted {
		return "`" + which + "` is carried out, its reply is lost"
	}
	return "`" + which + "` is answered"
}

// moments are those that are met, the most telling first.
func moments() []moment {
	return []moment{
		{"CreateVpc", 1, lab.Acted}, {"RunInstances", 1, lab.Acted}, {"CreateRole", 1, lab.Acted}, {"CreateLoadBalancer", 1, lab.Replied},
		{"CreateNatGateway", 1, lab.Acted}, {"CreateSecurityGroup", 2, lab.Acted}, {"AllocateAddress", 2, lab.Acted}, {"CreateSubnet", 3, lab.Acted},
		{"RunInstances", 2, lab.Replied}, {"CreateListener", 1, lab.Acted}, {"CreateInternetGateway", 1, lab.Acted}, {"RegisterTargets", 1, lab.Replied},
	}
}

// crash is what came of one kill of one tool.
type crash struct {
	moment  moment
	tool    string
	left    int      // objects that were there
	unknown []string // those of them that the tool's state doesn't know
	again   string   // how the same command ended; "" is well
	byHand  []string // what no state knows then: to be imported, or deleted
	remains []string // after destroy
}

// stubborn is a site with a tool on it.
type stubborn struct {
	site  *lab.Site
	tool  tool
	state string
}

// crashesAtOnce is how many moments are met at once: figures of this part are what is
// left, not how long it takes, and that is waiting for the most part.
const crashesAtOnce = 4

// crashes measures the part "crash".
func (b *bench) crashes(ctx context.Context, page *document) error {
	met := make([][]crash, b.moments)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(crashesAtOnce)
	for i, m := range moments()[:b.moments] {
		group.Go(func() error {
			for _, terraform := range []bool{false, true} {
				if terraform && b.terraform == nil {
					continue
				}
				one, err := b.crash(ctx, filepath.Join(b.dir, fmt.Sprintf("crash-%d-%t", i, terraform)), m, terraform)
				if err != nil {
					return fmt.Errorf("%s: %w", m, err)
				}
				b.say("%s: %s left %d objects, unknown %v, again %q, by hand %v, remains %v", m, one.tool, one.left, one.unknown, one.again, one.byHand, one.remains)
				met[i] = append(met[i], one)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	page.set("crash", stamp()+crashTable(slices.Concat(met...)))
	return nil
}

func (b *bench) crash(ctx context.Context, dir string, m moment, terraform bool) (c crash, err error) {
	s, err := b.stubborn(ctx, dir, terraform)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.site.Close()) }()
	c = crash{moment: m, tool: s.tool.name}

	command := s.tool.command(ctx, s.tool.create...)
	process.Together(command)
	s.site.Proxy.Set(&lab.Trap{Operation: m.operation, At: m.n, Moment: m.at, Kill: func() { process.KillTogether(command) }})
	_, ended := process.Measure(ctx, command)
	if s.site.Proxy.Hit() == nil {
		return c, fmt.Errorf("%s never made that call: %w", s.tool.name, ended)
	}
	s.site.Proxy.Set(nil)
	objects, err := s.objects()
	if err != nil {
		return c, err
	}
	c.left, c.unknown = len(objects), s.unknown(objects)

	_, ended = process.Measure(ctx, s.tool.command(ctx, s.tool.again...))
	c.again = complaint(ended)
	if objects, err = s.objects(); err != nil {
		return c, err
	}
	c.byHand = s.unknown(objects)

	_, ended = process.Measure(ctx, s.tool.command(ctx, s.tool.destroy...))
	if objects, err = s.objects(); err != nil {
		return c, err
	}
	for _, o := range objects {
		c.remains = append(c.remains, o.Kind)
	}
	if ended != nil && len(objects) == 0 {
		return c, ended
	}
	return c, ctx.Err()
}

func (b *bench) stubborn(ctx context.Context, dir string, terraform bool) (s stubborn, err error) {
	if s.site, err = lab.Open(ctx, lab.Options{Exe: b.exe, Dir: dir}); err != nil {
		return s, err
	}
	if !terraform {
		if err := s.site.Configure(lab.Shape{}); err != nil {
			return s, errors.Join(err, s.site.Close())
		}
		s.state = s.site.State()
		s.tool = tool{name: "platformctl", create: []string{"up"}, again: []string{"up"}, destroy: []string{"down"},
			command: func(ctx context.Context, args ...string) *exec.Cmd {
				command := exec.CommandContext(ctx, b.exe, args...)
				command.Dir, command.Env = s.site.Work(), s.site.Environment()
				return command
			}}
		return s, nil
	}
	work := filepath.Join(dir, "terraform")
	s.state = filepath.Join(work, "terraform.tfstate")
	if s.tool, err = b.theirs(ctx, work, s.site.Proxy.URL, platform(2, setting{})); err != nil {
		return s, errors.Join(err, s.site.Close())
	}
	return s, nil
}

// whole are the kinds of objects that stand for themselves. Volumes, network interfaces,
// rules and targets come and go with others.
func whole() []string {
	return []string{"VPC", "subnet", "internet gateway", "Elastic IP", "NAT gateway", "route table", "security group",
		"instance", "load balancer", "listener", "target group", "role", "instance profile"}
}

func (s stubborn) objects() ([]lab.Object, error) {
	all, err := s.site.Objects()
	return slices.DeleteFunc(all, func(o lab.Object) bool { return !slices.Contains(whole(), o.Kind) }), err
}

// unknown are the kinds of the objects whose IDs the tool's state doesn't hold.
func (s stubborn) unknown(objects []lab.Object) (kinds []string) {
	state, err := os.ReadFile(s.state)
	if err != nil {
		state = nil // it was not written yet
	}
	text := strings.ToLower(string(state))
	for _, o := range objects {
		if !strings.Contains(text, strings.ToLower(o.ID)) {
			kinds = append(kinds, o.Kind)
		}
	}
	return kinds
}

// complaint is what a command said as it failed, in a line.
func complaint(err error) string {
	if err == nil {
		return ""
	}
	_, text, _ := strings.Cut(err.Error(), "Error: ")
	line, _, _ := strings.Cut(text, "\n")
	if line == "" {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		line = lines[len(lines)-1]
	}
	return line
}
