package nginx

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// uri checks an argument that nginx turns into a path. nginx normalises the URIs of requests, but not those of its own
// redirects: "/." would become $uri, and "$uri." a directory up. So no URI may begin without a slash, or have such a
// segment, whatever its variables hold. nginx looks for a "?" in a redirect after it has put the variables in, so a
// request for "/..%3F" would lead to "/..": the target of a redirect has no variables.
func (w *writer) uri(d nginxconf.Directive, i int, a string) (string, error) {
	last := i == len(d.Args)-1
	switch {
	case climbs(a):
		return "", notAllowed(d, "\"..\" or a segment \".\" in %q is not for an nginx of this machine", d.Name)
	case d.Name == "try_files" && strings.IndexAny(a, "/$=@") != 0:
		return "", notAllowed(d, "%q without a slash in front is no argument of %q for an nginx of this machine", a, d.Name)
	case d.Name != "index" && last && strings.Contains(a, "$"):
		return "", notAllowed(d, "a variable in the last argument of %q is not for an nginx of this machine", d.Name)
	}
	return w.variables(d, a, uriVariables)
}

// climbs reports whether a URI may have a segment "." or "..". A variable holds whole segments.
func climbs(uri string) bool {
	segments := strings.FieldsFunc(variableName.ReplaceAllString(uri, "/"), func(r rune) bool { return r == '/' || r == '?' })
	return strings.Contains(uri, "..") || slices.Contains(segments, ".")
}

// location checks the arguments of a location that isn't a regular expression.
func location(d nginxconf.Directive) error {
	if d.Name != "location" || len(d.Args) > 1 && strings.HasPrefix(d.Args[0], "~") {
		return nil
	}
	if slices.ContainsFunc(d.Args, climbs) {
		return notAllowed(d, "\"..\" or a segment \".\" in %q is not for an nginx of this machine", d.Name)
	}
	return nil
}
