package policy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Document is a policy document.
type Document struct {
	// Version is the version of the language: "2012-10-17", or "2008-10-17", in which variables are
	// plain text.
	Version    string
	Statements []Statement
}

// Statement is one statement of a policy document.
type Statement struct {
	Sid                     string
	Effect                  string // Allow or Deny
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       []string
	Resource, NotResource   []string
	Conditions              []Condition // all must hold
}

// Malformed says that IAM refuses a document, with its words.
type Malformed struct{ Message string }

// Error is IAM's message.
func (m *Malformed) Error() string { return m.Message }

// NotSimulated names what IAM has, and the local cloud can't decide by.
type NotSimulated struct{ What string }

// Error names it.
func (n *NotSimulated) Error() string { return n.What + " is not simulated" }

func malformed(format string, args ...any) error { return &Malformed{fmt.Sprintf(format, args...)} }

func syntaxError() error { return malformed("Syntax errors in policy.") }

// Identity reads a policy that is attached to an identity, or is a permissions boundary. The error
// is a *Malformed, or a *NotSimulated.
func Identity(text string) (Document, error) {
	d, err := Read(text)
	if err != nil {
		return d, err
	}
	for _, s := range d.Statements {
		if err := s.checkIdentity(); err != nil {
			return d, err
		}
		if err := s.checkSimulated(d.Version); err != nil {
			return d, err
		}
	}
	return d, nil
}

// Read reads a document by the grammar that all sorts of policies have. The error is a *Malformed.
func Read(text string) (d Document, err error) {
	if d, err = read(text); err != nil {
		return d, err
	}
	for _, s := range d.Statements {
		if !sidShape.MatchString(s.Sid) {
			return d, syntaxError()
		}
	}
	return d, nil
}

func read(text string) (d Document, err error) {
	if !json.Valid([]byte(text)) {
		return d, malformed("This policy contains invalid Json")
	}
	members, err := membersOf([]byte(text), "Version", "Id", "Statement")
	if err != nil {
		return d, err
	}
	d.Version = "2008-10-17" // source: "IAM JSON policy elements: Version"
	if raw, given := members["Version"]; given {
		if json.Unmarshal(raw, &d.Version) != nil || d.Version != "2012-10-17" && d.Version != "2008-10-17" {
			return d, malformed("The policy must contain a valid version string")
		}
	}
	list, err := elementsOf(members["Statement"])
	if err != nil || len(list) == 0 {
		return d, syntaxError()
	}
	sids := map[string]bool{}
	for _, raw := range list {
		s, err := statementOf(raw)
		if err != nil {
			return d, err
		}
		if s.Sid != "" && sids[s.Sid] {
			return d, malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		sids[s.Sid] = true
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

var sidShape = regexp.MustCompile(`^[A-Za-z0-9]*$`)

func statementOf(raw json.RawMessage) (s Statement, err error) {
	m, err := membersOf(raw, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
	if err != nil {
		return s, err
	}
	s.Principal, s.NotPrincipal = m["Principal"], m["NotPrincipal"]
	if raw, given := m["Sid"]; given && (json.Unmarshal(raw, &s.Sid) != nil) {
		return s, syntaxError()
	}
	if raw, given := m["Effect"]; !given || json.Unmarshal(raw, &s.Effect) != nil || s.Effect != "Allow" && s.Effect != "Deny" {
		return s, syntaxError()
	}
	for name, into := range map[string]*[]string{"Action": &s.Action, "NotAction": &s.NotAction, "Resource": &s.Resource, "NotResource": &s.NotResource} {
		if raw, given := m[name]; given {
			if *into, err = textsOf(raw, false); err != nil {
				return s, err
			}
		}
	}
	if s.Action != nil && s.NotAction != nil || s.Resource != nil && s.NotResource != nil {
		return s, syntaxError()
	}
	if raw, given := m["Condition"]; given {
		s.Conditions, err = conditionsOf(raw)
	}
	return s, err
}

// membersOf are the members of a JSON object, of the names that it may have. Their letters' case
// counts, and none may be there twice.
func membersOf(raw json.RawMessage, names ...string) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, syntaxError()
	}
	for d.More() {
		token, err := d.Token()
		name, isText := token.(string)
		if err != nil || !isText || len(names) > 0 && !slices.Contains(names, name) {
			return nil, syntaxError()
		}
		if _, twice := members[name]; twice {
			return nil, syntaxError()
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, syntaxError()
		}
		members[name] = value
	}
	return members, nil
}

// elementsOf are the elements of a JSON list, or the one value that stands in its place.
func elementsOf(raw json.RawMessage) ([]json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, syntaxError()
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	return list, nil
}

// textsOf reads a text or a list of texts; numbers and booleans, too, where plain.
func textsOf(raw json.RawMessage, plain bool) ([]string, error) {
	list, err := elementsOf(raw)
	if err != nil {
		return nil, err
	}
	texts := []string{}
	for _, element := range list {
		var value any
		if json.Unmarshal(element, &value) != nil {
			return nil, syntaxError()
		}
		switch value.(type) {
		case string:
		case bool, float64:
			if !plain {
				return nil, syntaxError()
			}
		default:
			return nil, syntaxError()
		}
		texts = append(texts, fmt.Sprint(value))
	}
	return texts, nil
}

// checkIdentity refuses what can't stand in an identity's policy.
func (s Statement) checkIdentity() error {
	actions, resources := slices.Concat(s.Action, s.NotAction), slices.Concat(s.Resource, s.NotResource)
	switch {
	case s.Principal != nil || s.NotPrincipal != nil:
		return malformed("Policy document should not specify a principal.")
	case len(actions) == 0:
		return malformed("Policy statement must contain actions.")
	case len(resources) == 0:
		return malformed("Policy statement must contain resources.")
	}
	for _, action := range actions {
		if err := checkAction(action); err != nil {
			return err
		}
	}
	for _, resource := range resources {
		if err := checkResource(resource); err != nil {
			return err
		}
	}
	return nil
}

var vendorShape = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

func checkAction(action string) error {
	vendor, name, prefaced := strings.Cut(action, ":")
	switch {
	case action == "*":
	case !prefaced || vendor == "":
		return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	case strings.Contains(name, ":"):
		return malformed("Actions/Condition can contain only one colon.")
	case !vendorShape.MatchString(vendor):
		return malformed("Vendor %s is not valid", vendor)
	case name == "":
		return syntaxError()
	}
	return nil
}

// arnParts is how many parts an ARN has. The last one may have colons of its own.
const arnParts = 6

func checkResource(resource string) error {
	if resource == "*" {
		return nil
	}
	if !strings.HasPrefix(resource, "arn:") {
		return malformed("Resource %s must be in ARN format or \"*\".", resource)
	}
	parts := strings.SplitN(resource, ":", arnParts)
	switch {
	case len(parts) < arnParts || parts[2] == "":
		return malformed("The policy failed legacy parsing")
	case strings.ContainsAny(parts[2], "*?"):
		return malformed("Resource vendor must be fully qualified and cannot contain regexes.")
	}
	return nil
}
