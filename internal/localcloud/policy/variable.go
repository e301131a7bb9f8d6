package policy

import (
	"strings"
)

// versionWithVariables is the version of the language that has variables.
const versionWithVariables = "2012-10-17"

// variables calls a function for each variable of a text with what stands between ${ and }, and
// puts what it returns in the variable's place. It returns false as soon as the function does.
func variables(text string, put func(inner string) (string, bool)) (string, bool) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), true
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed { // plain text
			out.WriteString("${" + rest)
			return out.String(), true
		}
		value, ok := put(inner)
		if !ok {
			return "", false
		}
		out.WriteString(value)
		text = after
	}
}

// variable splits what stands in a variable into its key and its default.
// Source: IAM User Guide, "IAM policy elements: Variables and tags".
func variable(inner string) (key, fallback string, hasFallback bool) {
	key, rest, found := strings.Cut(inner, ",")
	rest = strings.TrimSpace(rest)
	if found && len(rest) >= 2 && rest[0] == '\'' && rest[len(rest)-1] == '\'' {
		fallback, hasFallback = rest[1:len(rest)-1], true
	}
	return strings.TrimSpace(key), fallback, hasFallback
}

// special are the variables that stand for characters which else mean something.
func special(inner string) (string, bool) {
	switch inner {
	case "*":
		return string(literalStar), true
	case "?":
		return string(literalQuestion), true
	case "$":
		return "$", true
	}
	return "", false
}

// expand puts a request's values into the variables of a text. It returns false where one has none:
// then the text matches nothing. What a value has of wildcards stands for itself.
func (r Request) expand(version, text string) (string, bool) {
	if version != versionWithVariables {
		return text, true
	}
	return variables(text, func(inner string) (string, bool) {
		if text, ok := special(inner); ok {
			return text, true
		}
		key, fallback, hasFallback := variable(inner)
		values := r.Context.Values(key)
		switch {
		case len(values) == 1:
			return strings.NewReplacer("*", string(literalStar), "?", string(literalQuestion)).Replace(values[0]), true
		case hasFallback:
			return fallback, true
		}
		return "", false
	})
}
