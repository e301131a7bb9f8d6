package policy

import (
	"strings"
)

// Runes that stand for themselves where a pattern has wildcards. They are of Unicode's private use.
const (
	literalStar     = '\uE000'
	literalQuestion = '\uE001'
)

// matches reports whether a text is what a pattern means, in which * is any characters and ? is one.
func matches(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark := -1, 0 // the last *, and how much of the text it took
	i := 0
	for at := 0; at < len(t); {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, at
			i++
		case i < len(p) && (p[i] == '?' || literal(p[i]) == t[at]):
			i++
			at++
		case star >= 0:
			mark++
			i, at = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

func literal(r rune) rune {
	switch r {
	case literalStar:
		return '*'
	case literalQuestion:
		return '?'
	}
	return r
}

// plainly is a pattern's text where it is compared as it stands.
func plainly(pattern string) string { return strings.Map(literal, pattern) }

// matchesARN reports whether an ARN is what a pattern means. A wildcard reaches no further than the
// part between two colons that it stands in, but in the last part. "*" means whatever there is.
// Source: IAM User Guide, "IAM JSON policy elements: Resource".
func matchesARN(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	p, a := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	if len(p) != arnParts || len(a) != arnParts {
		return plainly(pattern) == arn
	}
	for i := range p {
		if !matches(p[i], a[i]) {
			return false
		}
	}
	return true
}

// matchesAction reports whether an action is what a pattern means. Letters' case doesn't count.
func matchesAction(pattern, action string) bool {
	return matches(strings.ToLower(pattern), strings.ToLower(action))
}
