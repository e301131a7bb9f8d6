package model

import (
	"net/netip"
	"regexp"
	"strings"
)

// The fields that a condition may look at.
const (
	HostHeader        = "host-header"
	PathPattern       = "path-pattern"
	HTTPHeader        = "http-header"
	QueryString       = "query-string"
	SourceIP          = "source-ip"
	HTTPRequestMethod = "http-request-method"
)

// Condition says which requests a rule is for: those for which any of the values
// matches. Values may hold the wildcards * and ? (not those of SourceIP and
// HTTPRequestMethod).
type Condition struct {
	Field      string
	HeaderName string          `json:",omitempty"` // of HTTPHeader
	Values     []string        `json:",omitempty"` // of all fields but QueryString
	Pairs      []QueryKeyValue `json:",omitempty"` // of QueryString
}

// QueryKeyValue is a parameter of a query string. An empty key is any key.
type QueryKeyValue struct{ Key, Value string }

// Limits of a rule. Source: User Guide for Application Load Balancers, "Quotas" and
// "Rule condition types".
const (
	maxConditionValues = 5 // over all of a rule's conditions
	maxWildcards       = 6 // likewise
	maxConditionValue  = 128
	maxHeaderName      = 40
	maxMethod          = 40
)

var (
	hostCharacters   = regexp.MustCompile(`^[A-Za-z0-9.*?-]+$`)
	pathConditions   = regexp.MustCompile(`^[A-Za-z0-9_\-.$/~"'@:+&*?;]+$`)
	headerCharacters = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	methodCharacters = regexp.MustCompile(`^[A-Z_-]+$`)
	printable        = regexp.MustCompile(`^[\x20-\x7e]*$`)
)

// checkConditions refuses conditions that AWS refuses.
func checkConditions(conditions []Condition) ([]Condition, error) {
	if len(conditions) == 0 {
		return nil, invalid("A condition must be specified")
	}
	seen := map[string]bool{}
	values, wildcards := 0, 0
	for _, c := range conditions {
		if seen[c.Field] && c.Field != HTTPHeader && c.Field != QueryString {
			return nil, invalid("A rule can only have one '%s' condition", c.Field)
		}
		seen[c.Field] = true
		if err := c.check(); err != nil {
			return nil, err
		}
		values += len(c.Values) + len(c.Pairs)
		for _, v := range c.Values {
			if c.Field != SourceIP && c.Field != HTTPRequestMethod {
				wildcards += strings.Count(v, "*") + strings.Count(v, "?")
			}
		}
		for _, p := range c.Pairs {
			wildcards += strings.Count(p.Key+p.Value, "*") + strings.Count(p.Key+p.Value, "?")
		}
	}
	if values > maxConditionValues {
		return nil, invalid("Rules cannot have more than '%d' condition values", maxConditionValues)
	}
	if wildcards > maxWildcards {
		return nil, invalid("Rules cannot have more than '%d' wildcards in condition values", maxWildcards)
	}
	return conditions, nil
}

func (c Condition) check() error {
	if c.Field == QueryString {
		return c.checkPairs()
	}
	if len(c.Values) == 0 {
		return invalid("A condition value must be specified")
	}
	if c.Field == HTTPHeader {
		switch {
		case c.HeaderName == "":
			return invalid("A 'HttpHeaderName' must be specified in 'HttpHeaderConfig'")
		case len(c.HeaderName) > maxHeaderName:
			return invalid("The 'HttpHeaderName' value is too long; the limit is '%d'", maxHeaderName)
		case !headerCharacters.MatchString(c.HeaderName):
			return invalid("The 'HttpHeaderName' value '%s' contains characters that are not allowed", c.HeaderName)
		case strings.EqualFold(c.HeaderName, "Host"):
			return invalid("The 'HttpHeaderName' value must not be 'Host'; use a condition of type 'host-header'")
		}
	}
	for _, v := range c.Values {
		if err := c.checkValue(v); err != nil {
			return err
		}
	}
	return nil
}

func (c Condition) checkValue(v string) error {
	limit, characters := maxConditionValue, printable
	switch c.Field {
	case HostHeader:
		characters = hostCharacters
	case PathPattern:
		characters = pathConditions
	case HTTPHeader:
	case SourceIP:
		prefix, err := netip.ParsePrefix(v)
		if err != nil || prefix != prefix.Masked() {
			return invalid("The 'source-ip' value '%s' must be in CIDR format", v)
		}
		return nil
	case HTTPRequestMethod:
		limit, characters = maxMethod, methodCharacters
	default:
		return invalid("Condition field '%s' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'", c.Field)
	}
	switch {
	case v == "":
		return invalid("A condition value must be specified")
	case len(v) > limit:
		return invalid("The '%s' value is too long; the limit is '%d'", c.Field, limit)
	case c.Field == HTTPRequestMethod && !characters.MatchString(v):
		return invalid("The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore")
	case !characters.MatchString(v):
		return invalid("The '%s' value '%s' contains characters that are not allowed", c.Field, v)
	case c.Field == HostHeader && !strings.Contains(v, "."):
		return invalid("The 'host-header' value '%s' must contain at least one '.' character", v)
	}
	return nil
}

func (c Condition) checkPairs() error {
	if len(c.Pairs) == 0 {
		return invalid("A condition value must be specified")
	}
	for _, p := range c.Pairs {
		switch {
		case p.Value == "":
			return invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
		case len(p.Key) > maxConditionValue:
			return invalid("The 'Key' value is too long; the limit is '%d'", maxConditionValue)
		case len(p.Value) > maxConditionValue:
			return invalid("The 'Value' value is too long; the limit is '%d'", maxConditionValue)
		case !printable.MatchString(p.Key + p.Value):
			return invalid("The 'query-string' value contains characters that are not allowed")
		}
	}
	return nil
}
