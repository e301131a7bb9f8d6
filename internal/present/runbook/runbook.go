package runbook

import (
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// text is the runbook with ${names} for what differs from platform to platform. A line that begins with "?word " is
// there where the word holds, see Platform.holds, and one that begins with "?!word " where it doesn't. Package
// text/template would do the same, but with it the linker keeps every method of the SDK: 40 MB.
//
//go:embed runbook.txt
var text string

// unasked is how a command of the AWS CLI asks for a part of the answer.
var unasked = regexp.MustCompile(` --query ('[^']*'|\S+) --output \w+`)

// Markdown is the runbook. Its blocks of command lines have a mark that says to the tests of the documents that they
// need AWS, or an object's ID.
func (p Platform) Markdown() string {
	holds := p.holds()
	var lines strings.Builder
	for line := range strings.Lines(text) {
		if conditional, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "?"); ok {
			condition, rest, _ := strings.Cut(conditional, " ")
			line = rest + "\n"
			word, not := strings.CutPrefix(condition, "!")
			if is, known := holds[word]; !known {
				panic("the runbook asks whether " + word) // every test fails
			} else if is == not {
				continue
			}
		}
		lines.WriteString(line)
	}
	if p.Generic {
		// Its commands hold no ID to paste, so they are short.
		short := unasked.ReplaceAllString(lines.String(), "")
		lines.Reset()
		lines.WriteString(short)
	}
	values, ids := p.values(), map[string]string{"load-balancer": p.LoadBalancer, "target-group": p.TargetGroup, "vpc": p.VPC}
	written := os.Expand(lines.String(), func(name string) string {
		verb, rest, _ := strings.Cut(name, " ")
		of, words, _ := strings.Cut(rest, " ")
		switch verb {
		case "ctl":
			return p.ctl(rest)
		case "doc":
			return p.doc(of, words)
		case "link":
			return p.link(of, words, ids[of])
		}
		value, ok := values[name]
		if !ok {
			panic("the runbook needs " + name)
		}
		return value
	})
	if p.Generic {
		return folded(written)
	}
	return written
}

// holds are the words that lines of the text depend on.
func (p Platform) holds() map[string]bool {
	return map[string]bool{
		"generic": p.Generic, "missing": !p.Generic && p.missing(),
		"aws": p.onAWS(), "account": p.onAWS() && !p.Generic, "elsewhere": !p.onAWS() && p.Machines == "", "local": p.Machines != "",
		"exports": p.exports() != "", "https": p.HTTPS.Domain != "", "scaled": p.Group.Max > 0, "monitored": p.Monitored,
		"spare": len(p.Zones) > 2, // a zone can be left, and two stay
	}
}

// values are what stands for the names in the text.
func (p Platform) values() map[string]string {
	i, z := p.suspect(), p.zone()
	directory := p.Directory
	state := p.Directory + "/.platformctl/" + p.Name + ".json"
	if p.Generic {
		directory, state = "/srv/"+p.Name, ".platformctl/"+p.Name+".json"
	}
	why := "the first of the platform's; take the ID that `status` names"
	if i.State != "" && i.State != healthy && i.ID != "i-…" {
		why = "which was " + i.State + " when this was written"
	}
	balancer := cmp.Or(p.LoadBalancer, "arn:…:loadbalancer/app/"+p.Name+"-alb/…")
	more := p.Wanted + p.ZoneCount
	if p.Group.Max > 0 {
		more = p.Group.Max + p.ZoneCount
	}
	_, dimension, _ := strings.Cut(balancer, "loadbalancer/")
	return map[string]string{
		"name": p.Name, "region": p.Region, "account": p.Account, "endpoint": p.Endpoint, "machines": p.Machines, "health": p.Health,
		"written": p.Written.UTC().Format("2 January 2006 15:04 UTC"), "exports": p.exports(), "directory": directory, "state": Quoted(state),
		// In a crontab a % ends the command.
		"cron directory": strings.ReplaceAll(Quoted(directory), "%", `\%`),
		"drills":         Quoted(strings.TrimPrefix(directory+"/", "./") + ".platformctl/" + p.Name + ".drills"),
		"aws":            p.aws(), "owned": "Name=tag:platformctl:platform,Values=" + p.Name,
		"page": cmp.Or(p.URL, "http://…"), "fetched": p.fetched(), "past dns": p.pastDNS(), "domain": p.HTTPS.Domain,
		"certificate": cmp.Or(p.HTTPS.Certificate, "arn:…:certificate/…"), "port": fmt.Sprint(p.Port), "drain": p.Drain.String(), "image parameter": p.ImageParameter,
		"load-balancer": balancer, "dimension": dimension, "target-group": cmp.Or(p.TargetGroup, "arn:…:targetgroup/"+p.Name+"-web/…"),
		"vpc": cmp.Or(p.VPC, "vpc-…"), "security groups": p.groupRows(), "zones": p.zoneRows(),
		"instance": i.ID, "instance name": i.Name, "instance zone": cmp.Or(i.Zone, "…"), "why": why,
		"zone": z.Name, "others": p.others(z.Name), "private": cmp.Or(z.Private, "subnet-…"), "public": cmp.Or(z.Public, "subnet-…"),
		"wanted": fmt.Sprint(p.Wanted), "zone count": fmt.Sprint(p.ZoneCount),
		"twice": fmt.Sprint(2 * max(p.Wanted, 1)), "more": fmt.Sprint(more),
		"group": cmp.Or(p.Group.Name, p.Name+"-web"), "min": fmt.Sprint(p.Group.Min), "max": fmt.Sprint(p.Group.Max),
	}
}

// groupRows are the security groups' rows in the table of what is where.
func (p Platform) groupRows() (rows string) {
	for _, g := range p.SecurityGroups {
		rows += fmt.Sprintf("| %s | `%s` |\n", p.link("security-group", "Security group "+g.Name, g.ID), cmp.Or(g.ID, "sg-…"))
	}
	return rows
}

// zoneRows are the rows of the table of zones.
func (p Platform) zoneRows() (rows string) {
	for _, z := range p.Zones {
		var instances []string
		for _, i := range p.Instances {
			if i.Zone == z.Name {
				text := fmt.Sprintf("%s `%s`, %s", p.link("instance", i.Name, i.ID), cmp.Or(i.ID, "i-…"), i.State)
				instances = append(instances, strings.TrimSuffix(text, ", "))
			}
		}
		nat := "none of its own"
		if z.NAT != "" || p.Generic {
			nat = fmt.Sprintf("%s `%s`", p.link("nat-gateway", "NAT gateway", z.NAT), cmp.Or(z.NAT, "nat-…"))
		}
		rows += fmt.Sprintf("| %s | %s | %s `%s` | %s `%s` | %s `%s` | %s |\n", z.Name, strings.Join(instances, "<br>"),
			p.link("subnet", "subnet", z.Private), cmp.Or(z.Private, "subnet-…"), p.link("route-table", "table", z.Table), cmp.Or(z.Table, "rtb-…"),
			p.link("subnet", "subnet", z.Public), cmp.Or(z.Public, "subnet-…"), nat)
	}
	return rows
}

// docs is where the longer texts are, for a runbook that isn't among them.
const docs = "https://github.com/platformctl/platformctl/blob/main/docs/"

// doc is a Markdown link to a page of the documentation.
func (p Platform) doc(page, text string) string {
	if p.Generic { // it stands in operations.md
		page = strings.TrimPrefix(page, "operations.md")
	} else {
		page = docs + page
	}
	return "[" + text + "](" + page + ")"
}

// pages are the console's, by the kind whose objects they show.
func pages() map[string]resource.Console {
	pages := map[string]resource.Console{}
	for _, kind := range slices.Concat(network.Kinds(), compute.Kinds(), loadbalancing.Kinds()) {
		pages[kind.Name] = kind.Console
	}
	return pages
}

// missing says whether an ID isn't known that the recipes use.
func (p Platform) missing() bool {
	return slices.ContainsFunc(p.Instances, func(i Instance) bool { return i.ID == "" }) ||
		p.VPC == "" || p.LoadBalancer == "" || p.TargetGroup == ""
}

// exports sets what each command needs of the environment.
func (p Platform) exports() string {
	set := p.Variables
	if p.Generic {
		set = append([]string{"AWS_REGION=" + p.Region}, set...)
	}
	if p.Machines != "" {
		set = append([]string{"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"}, set...)
	}
	if len(set) == 0 {
		return ""
	}
	return "export " + strings.Join(set, " ")
}
