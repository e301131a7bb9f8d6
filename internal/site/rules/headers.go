package rules

import (
	"net/textproto"
	"slices"
	"strings"
)

const cacheControl = "Cache-Control"

// headerRule is a path of _headers with its fields.
type headerRule struct {
	line   int
	of     pattern
	fields map[string]string // by their canonical names; "": the field isn't sent
	tried  bool              // it has a line below it, if a refused one
}

// defaults are what a site sends that says nothing else.
func defaults() map[string]string {
	return map[string]string{
		"X-Content-Type-Options": "nosniff",
		"X-Frame-Options":        "SAMEORIGIN",
		"Referrer-Policy":        "strict-origin-when-cross-origin",
	}
}

// serverOwn says whether a field says how an answer is sent, which the server alone knows. The name is canonical.
func serverOwn(name string) bool {
	return slices.Contains([]string{"Accept-Ranges", "Connection", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type",
		"Date", "Etag", "Keep-Alive", "Last-Modified", "Location", "Server", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}, name)
}

// headers reads _headers: a path in a line of its own, and below it, indented, "Name: value", or "! Name" for a field that isn't to
// be sent. Of several paths that fit, the most specific decides about a field.
func (c *compiler) headers() []headerRule {
	var all []headerRule
	known, skip := true, false // skip: the fields of a path that was refused
	c.lines(HeadersFile, c.options.Headers, func(number int, line string) {
		refuse := func(format string, args ...any) { c.refuse(HeadersFile, number, format, args...) }
		if line[0] == ' ' || line[0] == '\t' {
			switch {
			case skip:
			case len(all) == 0:
				refuse("has a field before any path")
			default:
				all[len(all)-1].tried = true
				name, value, text := readField(strings.TrimSpace(line))
				if text != "" {
					refuse("%s", text)
					return
				}
				fields := all[len(all)-1].fields
				if before := fields[name]; before != "" && value != "" {
					value = before + ", " + value
				}
				fields[name] = value
			}
			return
		}
		p, text := readPattern(line)
		if i := slices.IndexFunc(all, func(r headerRule) bool { return r.of == p }); text == "" && i >= 0 {
			refuse("has %s for the second time: it is in line %d", p, all[i].line)
			text = "twice"
		} else if text != "" {
			refuse("%s", text)
		}
		if skip = text != ""; skip {
			return
		}
		if len(all) == mostHeaders {
			if known {
				refuse("is the path of one of more than %d rules", mostHeaders)
			}
			known, skip = false, true
			return
		}
		all = append(all, headerRule{line: number, of: p, fields: map[string]string{}})
	})
	for _, r := range all {
		if !r.tried {
			c.refuse(HeadersFile, r.line, "has a path without fields: they stand below it, indented")
		}
	}
	slices.SortFunc(all, func(a, b headerRule) int { return bySpecific(a.of, b.of) })
	return all
}

func readField(s string) (name, value, text string) {
	name, value, found := strings.Cut(s, ":")
	remove, removed := strings.CutPrefix(s, "!")
	switch {
	case removed:
		name, value = strings.TrimSpace(remove), ""
	case !found || strings.TrimSpace(value) == "":
		return "", "", "has no field: write \"Name: value\", or \"! Name\" for one that isn't to be sent"
	}
	value = strings.TrimSpace(value)
	name = strings.TrimSpace(name)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) {
		return "", "", "has a field whose name has other characters than letters, digits, - and _"
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case serverOwn(name):
		return "", "", "has " + name + ", which the server alone knows"
	case strings.HasPrefix(name, "X-Platformctl-"):
		return "", "", "has " + name + ", by which platformctl knows who answered"
	case strings.Contains(value, "$"):
		return "", "", "has a value with $, which nginx's configuration can't hold"
	case strings.ContainsFunc(value, func(r rune) bool { return r > '~' }):
		return "", "", "has a value with letters that a field of HTTP can't hold"
	}
	return name, value, ""
}
