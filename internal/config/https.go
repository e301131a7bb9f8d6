package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// HTTPS is how the load balancer serves a domain over TLS. The zero Domain: plain HTTP.
type HTTPS struct {
	Domain           string   // the certificate's name and the platform's, such as shop.example.com; "": plain HTTP
	AlternativeNames []string // what else the certificate covers and leads to the load balancer; nil for none
	HostedZone       string   // the name of a public Route 53 zone that exists; "": no DNS is touched
	Certificate      string   // the ARN of a certificate that exists, in the platform's region; "": one is requested
	Policy           string   // the listener's security policy, by its name in Elastic Load Balancing
}

// PolicyRecommended is the policy that AWS recommends: TLS 1.2 and 1.3 with forward secrecy, and key exchanges that a
// quantum computer doesn't break where the client knows one.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
const PolicyRecommended = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

// On reports whether the platform is served over HTTPS.
func (h HTTPS) On() bool { return h.Domain != "" }

// Names are all names that the platform is served under, the domain first.
func (h HTTPS) Names() []string { return append([]string{h.Domain}, h.AlternativeNames...) }

// IsWithin reports whether a name is a zone's own or below it.
func IsWithin(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }

// The bounds of names. https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html: the first name is the
// certificate's Common Name, which RFC 5280 ends at 64; https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html: an
// account has 10 names in a certificate, and 100 at most.
const (
	longestDomain       = 64
	longestHostName     = 253
	maxAlternativeNames = 99
)

const (
	hostPattern        = `(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])`
	certificatePattern = `arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`
	policyPattern      = `ELBSecurityPolicy-[A-Za-z0-9-]{1,60}`
)

var (
	hostName       = regexp.MustCompile(`^` + hostPattern + `$`)
	certificateARN = regexp.MustCompile(`^` + certificatePattern + `$`)
	policyName     = regexp.MustCompile(`^` + policyPattern + `$`)
)

func httpsFields() []field {
	return []field{
		text("load_balancer.https.domain", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Domain },
			`a name of at most 64 characters such as shop.example.com, or ""`, checkDomain).as(domainSchema(longestDomain)),
		{"load_balancer.https.alternative_names", "a list of at most 99 names such as www.example.com or *.example.com", readAlternativeNames, alternativeNamesSchema()},
		text("load_balancer.https.hosted_zone", func(c *Config) *string { return &c.LoadBalancer.HTTPS.HostedZone },
			`the name of a public Route 53 zone such as example.com, or ""`, checkZone).as(domainSchema(longestHostName)),
		text("load_balancer.https.certificate", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Certificate },
			`the ARN of an ACM certificate, or ""`, checkCertificate).
			as(matching(`^(?:|`+certificatePattern+`)$`, "", "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012")),
		text("load_balancer.https.policy", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Policy },
			"a security policy of Elastic Load Balancing such as "+PolicyRecommended, checkPolicy).
			as(matching(policyName.String(), PolicyRecommended, "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")),
	}
}

func checkDomain(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "*."):
		return "must not be a wildcard, got " + quote(name) + ": it is the platform's address; write the wildcard into alternative_names"
	case len(name) > longestDomain:
		return fmt.Sprintf("must have at most %d characters, got %d: AWS makes no longer name a certificate's first; write it into alternative_names", longestDomain, len(name))
	}
	return checkHost(name)
}

func checkZone(name string) string {
	if name == "" {
		return ""
	}
	return checkHost(name)
}

// checkHost wants a name as DNS compares it, so that what AWS shows equals what is written.
func checkHost(name string) string {
	switch lower := strings.ToLower(name); {
	case strings.Contains(name, "://"):
		return "must be a name alone, without https:// and path, got " + quote(name)
	case len(name) > longestHostName:
		return fmt.Sprintf("must have at most %d characters, got %d", longestHostName, len(name))
	case strings.ContainsFunc(name, func(r rune) bool { return r > '~' }):
		return "must be in its ASCII form, which begins with xn--, got " + quote(name)
	case hostName.MatchString(name):
		return ""
	case hostName.MatchString(strings.TrimSuffix(lower, ".")):
		return "must be written " + strings.TrimSuffix(lower, ".") + ": small letters, no dot at the end"
	}
	return "is not a domain name: " + quote(name)
}

// domainSchema allows what checkHost has nothing to say against.
func domainSchema(longest int) schema {
	return schema{Type: typeText, MaxLength: longest, Pattern: `^(?:|` + hostPattern + `)$`, Examples: []any{"", "shop.example.com"}}
}

// readAlternativeNames reads a list, which a variable or a flag holds with commas.
func readAlternativeNames(c *Config, s setting) []fault {
	switch {
	case s.form == formPlain:
		for name := range strings.SplitSeq(s.text, ",") {
			s.items = append(s.items, setting{at: s.at, form: formPlain, text: strings.TrimSpace(name)})
		}
	case s.form == formOther && s.text == nothing: // all its lines commented out
	case s.form != formList:
		return refused(mustBe("a list of names", s))
	}
	if len(s.items) > maxAlternativeNames {
		return refused(fmt.Sprintf("must be at most %d, got %d", maxAlternativeNames, len(s.items)))
	}
	var faults []fault
	var names []string
	for _, item := range s.items {
		message := mustBe("names alone", item)
		if item.scalar() {
			message = checkHost(strings.TrimPrefix(item.text, "*."))
		}
		if message == "" && slices.Contains(names, item.text) {
			message = "names " + item.text + " twice"
		}
		if message == "" && len(item.text) > longestHostName {
			message = fmt.Sprintf("must have names of at most %d characters, got %d", longestHostName, len(item.text))
		}
		if message != "" {
			faults = append(faults, fault{message: message, at: &item.at})
		}
		names = append(names, item.text)
	}
	if faults == nil {
		c.LoadBalancer.HTTPS.AlternativeNames = names
	}
	return faults
}

func alternativeNamesSchema() schema {
	return schema{
		Type: []string{typeList, typeNothing}, MaxItems: maxAlternativeNames, UniqueItems: true,
		Items: &schema{Type: typeText, MaxLength: longestHostName, Pattern: `^(?:\*\.)?` + hostPattern + `$`},
	}
}

func checkCertificate(arn string) string {
	if arn != "" && !certificateARN.MatchString(arn) {
		return "is not the ARN of a certificate: " + quote(arn)
	}
	return ""
}

// checkPolicy knows the form alone: AWS adds policies, and says which there are.
func checkPolicy(name string) string {
	if !policyName.MatchString(name) {
		return "is not the name of a security policy: " + quote(name)
	}
	return ""
}

// checkHTTPS checks what no value of the section can be asked alone.
func (r *reading) checkHTTPS(fields []field) {
	const section = "load_balancer.https."
	blame := func(name, message string) {
		if s, ok := r.written[section+name]; ok {
			r.add(s.at, fieldOf(fields, section+name), fault{message: message})
		}
	}
	for _, name := range []string{"domain", "alternative_names", "hosted_zone", "certificate"} {
		if r.wrong[section+name] {
			return
		}
	}
	https := r.config.LoadBalancer.HTTPS
	if !https.On() {
		for _, given := range []struct {
			name string
			set  bool
		}{{"alternative_names", https.AlternativeNames != nil}, {"hosted_zone", https.HostedZone != ""}, {"certificate", https.Certificate != ""}} {
			if given.set {
				blame(given.name, "is of no use without load_balancer.https.domain: write the domain that is served")
			}
		}
		return
	}
	if slices.Contains(https.AlternativeNames, https.Domain) {
		blame("alternative_names", "names the domain "+https.Domain+" again")
		return
	}
	if zone := https.HostedZone; zone != "" {
		for _, name := range https.Names() {
			if !IsWithin(strings.TrimPrefix(name, "*."), zone) {
				blame("hosted_zone", fmt.Sprintf("%s doesn't hold %s: name the zone that ends that name, or leave hosted_zone out and make the records yourself", zone, name))
			}
		}
	}
	if https.Certificate != "" && !r.wrong["region"] {
		if region := strings.Split(https.Certificate, ":")[3]; region != r.config.Region {
			blame("certificate", fmt.Sprintf("is of %s, and the load balancer stands in %s: a load balancer takes certificates of its own region alone", region, r.config.Region))
		}
	}
}

// namesChange is the change of the alternative names.
func namesChange(before, after Config) string {
	text := func(c Config) string { return "[" + strings.Join(c.LoadBalancer.HTTPS.AlternativeNames, ", ") + "]" }
	return changeText(text(before), text(after))
}
