package cloudinit

import (
	"fmt"
	"regexp"
	"strings"
)

// Metadata is what the instance metadata service tells cloud-init.
type Metadata struct {
	InstanceID       string
	AvailabilityZone string
	Region           string
	LocalHostname    string
	PrivateIP        string
	ImageID          string
	InstanceType     string
}

var (
	templateHeader = regexp.MustCompile(`(?i)^##\s*template:\s*jinja\s*$`)
	expression     = regexp.MustCompile(`(?s)\{\{-?\s*(.*?)\s*-?\}\}`)
	comment        = regexp.MustCompile(`(?s)\{#.*?#\}`)
	variable       = regexp.MustCompile(`^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)*$`)
)

func isTemplate(firstLine string) bool {
	return templateHeader.MatchString(strings.TrimSpace(firstLine))
}

// render substitutes the variables of a Jinja template. A variable that isn't
// there becomes CI_MISSING_JINJA_VAR/name, as in cloud-init.
func render(text string, m Metadata) (string, error) {
	text = comment.ReplaceAllString(text, "")
	line := func(at int) int { return 2 + strings.Count(text[:at], "\n") } // the template header is line 1
	if at := strings.Index(text, "{%"); at >= 0 {
		statement, _, _ := strings.Cut(text[at:], "\n")
		return "", fmt.Errorf("line %d: Jinja statement %s: %w", line(at), strings.TrimSpace(statement), ErrNotSimulated)
	}
	values := m.values()
	var failed error
	out := expression.ReplaceAllStringFunc(text, func(match string) string {
		name := expression.FindStringSubmatch(match)[1]
		if !variable.MatchString(name) {
			failed = fmt.Errorf("line %d: Jinja expression %s: %w (variables only)", line(strings.Index(text, match)), match, ErrNotSimulated)
			return match
		}
		if value, ok := values[name]; ok {
			return value
		}
		return "CI_MISSING_JINJA_VAR/" + name[strings.LastIndex(name, ".")+1:]
	})
	return out, failed
}

// values are the keys of EC2's instance data, by the names that templates use
// (cloud-init turns hyphens into underscores).
func (m Metadata) values() map[string]string {
	values := map[string]string{}
	// cloud-init offers the standardised v1 keys under their bare names as well.
	for name, value := range map[string]string{
		"instance_id":       m.InstanceID,
		"availability_zone": m.AvailabilityZone,
		"region":            m.Region,
		"local_hostname":    m.LocalHostname,
		"cloud_name":        "aws",
		"platform":          "ec2",
		"distro":            "amazon",
	} {
		values[name] = value
		values["v1."+name] = value
	}
	for name, value := range map[string]string{
		"instance_id":                 m.InstanceID,
		"instance_type":               m.InstanceType,
		"ami_id":                      m.ImageID,
		"hostname":                    m.LocalHostname,
		"local_hostname":              m.LocalHostname,
		"local_ipv4":                  m.PrivateIP,
		"placement.availability_zone": m.AvailabilityZone,
		"placement.region":            m.Region,
		"instance_life_cycle":         "on-demand",
		"services.domain":             "amazonaws.com",
		"services.partition":          "aws",
	} {
		values["ds.meta_data."+name] = value
	}
	return values
}
