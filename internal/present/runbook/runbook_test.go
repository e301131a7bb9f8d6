package runbook_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/testenv"
)

func live() runbook.Platform {
	const account = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
	return runbook.Platform{
		Name: "shop", Target: "aws", Region: "eu-west-1", Flags: "--config eu.yaml", Directory: "/srv/shop", Account: "123456789012",
		URL: "http://shop-alb-1.eu-west-1.elb.amazonaws.com", Health: "degraded", Written: time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC),
		VPC: "vpc-1", LoadBalancer: account + "loadbalancer/app/shop-alb/7c0f", TargetGroup: account + "targetgroup/shop-web/1183", Port: 80,
		Instances: []runbook.Instance{
			{Name: "web-a-1", ID: "i-a1", Zone: "eu-west-1a", State: "healthy"},
			{Name: "web-b-1", ID: "i-b1", Zone: "eu-west-1b", State: "unhealthy"},
		},
		Zones: []runbook.Zone{
			{Name: "eu-west-1a", Public: "subnet-pa", Private: "subnet-a", Table: "rtb-a", NAT: "nat-a"},
			{Name: "eu-west-1b", Public: "subnet-pb", Private: "subnet-b", Table: "rtb-b"},
		},
		SecurityGroups: []runbook.Named{{Name: "web", ID: "sg-1"}},
		Drain:          30 * time.Second, ImageParameter: "/aws/service/image", Wanted: 2, ZoneCount: 2,
	}
}

func TestMarkdown_MatchesGolden(t *testing.T) { testenv.Golden(t, "aws.md", live().Markdown()) }

func local() runbook.Platform {
	p := live()
	p.Target, p.Endpoint, p.Machines, p.Health = "local", "http://127.0.0.1:4566", "/home/local/machines", "healthy"
	p.Instances[1].State = "healthy"
	return p
}

func absent() runbook.Platform {
	p := live()
	p.VPC, p.LoadBalancer, p.TargetGroup, p.URL, p.Health = "", "", "", "", "absent"
	for i := range p.Instances {
		p.Instances[i].ID, p.Instances[i].State = "", "not there"
	}
	return p
}

func overTLS() runbook.Platform {
	p := local()
	p.URL = "https://shop.example.localhost:8443"
	p.HTTPS = runbook.HTTPS{
		Domain: "shop.example.localhost", Certificate: "arn:aws:acm:eu-west-1:123456789012:certificate/1", LoadBalancer: "127.0.0.1:8443", Authority: "/home/my ca.pem",
	}
	return p
}

func scaled() runbook.Platform {
	p := local()
	p.Group = runbook.Group{Name: "shop-web", Min: 2, Max: 6}
	return p
}

func monitored() runbook.Platform {
	p := live()
	p.Monitored = true
	return p
}

// A platform whose alarms tell somebody has a recipe for when they ring.
func TestMarkdown_KnowsAlarms(t *testing.T) {
	text := monitored().Markdown()
	for _, want := range []string{"(#an-alarm-rings)", " cloudwatch describe-alarms --alarm-name-prefix platformctl.shop. ", "`certificate-days`"} {
		if !strings.Contains(text, want) {
			t.Errorf("the runbook doesn't say %q", want)
		}
	}
	if strings.Contains(live().Markdown(), "alarm-name-prefix") {
		t.Error("a platform without alarms has its recipe")
	}
}

// A platform with an Auto Scaling group has its recipes, and none that is for a fixed number of instances.
func TestMarkdown_KnowsAutoScaling(t *testing.T) {
	text := scaled().Markdown()
	for _, want := range []string{
		"(#the-group-cant-launch)", "keeps 2 to 6, over", "PLATFORMCTL_WEB_AUTO_SCALING_MAX=8 platformctl plan",
		" autoscaling set-desired-capacity --auto-scaling-group-name shop-web --desired-capacity 6\n",
		" autoscaling terminate-instance-in-auto-scaling-group --instance-id i-a1 --no-should-decrement-desired-capacity\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the runbook doesn't say %q", want)
		}
	}
	for _, no := range []string{"There is no Auto Scaling", "ec2 terminate-instances", "PLATFORMCTL_WEB_INSTANCES"} {
		if strings.Contains(text, no) {
			t.Errorf("it says %q", no)
		}
	}
	if text := live().Markdown(); strings.Contains(text, " autoscaling ") {
		t.Error("a platform without a group has its recipes")
	}
}

// Each command that fetches the page accepts its certificate, and one goes past DNS.
func TestMarkdown_KnowsHTTPS(t *testing.T) {
	text := overTLS().Markdown()
	fetches := regexp.MustCompile(`curl [^|;\n]*`).FindAllString(text, -1)
	if len(fetches) < 6 {
		t.Errorf("%d commands fetch the page", len(fetches))
	}
	for _, fetch := range fetches {
		if !strings.Contains(fetch, "--cacert '/home/my ca.pem' https://shop.example.localhost:8443") {
			t.Errorf("curl wouldn't accept the certificate: %s", fetch)
		}
	}
	for _, want := range []string{"--connect-to ::127.0.0.1:8443 --cacert", "--certificate-arn arn:aws:acm:eu-west-1:123456789012:certificate/1 ", "(#https-fails)"} {
		if !strings.Contains(text, want) {
			t.Errorf("it doesn't say %s", want)
		}
	}
	if strings.Contains(live().Markdown(), "HTTPS") {
		t.Error("a platform without HTTPS has its recipe")
	}
}

// A person woken by an alarm finds the same parts in the same order.
func TestMarkdown_RecipesHaveAllPartsInOrder(t *testing.T) {
	for name, p := range map[string]runbook.Platform{"aws": live(), "local": local(), "absent": absent(), "https": overTLS(), "scaled": scaled(), "monitored": monitored()} {
		sections := strings.Split(p.Markdown(), "\n## ")[2:]
		want := 10
		if p.HTTPS.Domain != "" {
			want = 11
		}
		if p.Monitored {
			want = 11
		}
		if p.Group.Max > 0 {
			want = 14
		}
		if len(sections) != want {
			t.Fatalf("%s has %d recipes", name, len(sections))
		}
		for _, section := range sections {
			title, _, _ := strings.Cut(section, "\n")
			at := 0
			for _, part := range []string{"**How you notice.** ", "**What users see.** ", "### Look\n", "### Do\n", "### Verify\n", "### Don't\n\n- "} {
				i := strings.Index(section[at:], part)
				if i < 0 {
					t.Errorf("%s, %s: there is no %q, or not in its place", name, title, part)
					continue
				}
				at += i
			}
		}
	}
}

func TestMarkdown_InternalLinksResolve(t *testing.T) {
	text := scaled().Markdown()
	for _, link := range regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		heading := regexp.MustCompile(`(?mi)^## ` + strings.ReplaceAll(regexp.QuoteMeta(link[1]), "-", `['\w]*[ ']`) + `$`)
		if !heading.MatchString(strings.NewReplacer("couldn't", "couldnt", "can't", "cant").Replace(text)) {
			t.Errorf("#%s leads nowhere", link[1])
		}
	}
}

func TestMarkdown_NamesUnhealthyInstances(t *testing.T) {
	text := live().Markdown()
	for _, want := range []string{
		"This is about web-b-1 (`i-b1` in eu-west-1b), which was unhealthy when this was written",
		"aws --region eu-west-1 ec2 terminate-instances --instance-ids i-b1\n",
		"platformctl status --config eu.yaml",
		"https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-b1",
		"--dimensions Name=LoadBalancer,Value=app/shop-alb/7c0f ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the runbook doesn't say %q", want)
		}
	}
	if strings.Contains(text, "terminate-instances --instance-ids i-a1") {
		t.Error("it ends an instance that is healthy")
	}
}

func TestMarkdown_LocalPlatformHasNoConsoleLinks(t *testing.T) {
	text := local().Markdown()
	for _, no := range []string{"console.aws.amazon.com", "start-session"} {
		if strings.Contains(text, no) {
			t.Errorf("the runbook of a local platform speaks of %s", no)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "aws ") && !strings.HasPrefix(line, "aws --endpoint-url http://127.0.0.1:4566 --region eu-west-1 ") {
			t.Errorf("this goes to AWS itself: %s", line)
		}
	}
}

func TestMarkdown_SaysWhenPlatformIsAbsent(t *testing.T) {
	text := absent().Markdown()
	if !strings.Contains(text, "**Not all of this platform is there.**") {
		t.Error("it doesn't say that the platform isn't there")
	}
	if regexp.MustCompile(`--(instance-ids|target-group-arn|resources|targets) (\s|--|$)`).MatchString(text) {
		t.Error("a command has no ID where it needs one")
	}
}

func TestMarkdown_QuotesPathsInCommands(t *testing.T) {
	p := live()
	p.Directory = "/srv/my shop/100%$(id)'s"
	text := p.Markdown()
	for _, want := range []string{
		`ls -l '/srv/my shop/100%$(id)'\''s/.platformctl/shop.json'*` + "\n",
		`ls '/srv/my shop/100%$(id)'\''s/.platformctl/shop.drills'` + "\n",
		`cd '/srv/my shop/100\%$(id)'\''s' && platformctl failover-drill --restore`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the runbook doesn't say %q", want)
		}
	}
}

// A word or a name that the text has and the program doesn't is a panic, also in lines for platforms that no other test has.
func TestMarkdown_KnowsEveryNameOfText(t *testing.T) {
	elsewhere := live()
	elsewhere.Endpoint, elsewhere.Variables = "http://127.0.0.1:5000", []string{"PLATFORMCTL_WEB_INSTANCES=4"}
	elsewhere.Zones = append(elsewhere.Zones, runbook.Zone{Name: "eu-west-1c"})
	generic := live()
	generic.Generic = true
	for name, p := range map[string]runbook.Platform{"elsewhere": elsewhere, "generic": generic, "local": local(), "absent": absent(), "scaled": scaled(), "monitored": monitored()} {
		if text := p.Markdown(); strings.Contains(text, "${") || regexp.MustCompile(`(?m)^\?`).MatchString(text) {
			t.Errorf("%s: something is not filled in:\n%s", name, text)
		}
	}
}
