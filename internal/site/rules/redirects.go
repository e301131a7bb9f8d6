package rules

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const splat = ":splat"

// defaultStatus is that of a line without one, as Netlify has it. Browsers keep such a redirect only for as long as
// Cache-Control says, and it says no-cache.
const defaultStatus = 301

// redirect is a line of _redirects.
type redirect struct {
	line   int
	from   pattern
	to     string
	status int // 200: what has no file of its own is answered with another
}

// redirects reads _redirects: "from to [status]" in each line, of which the first counts that fits. They come back with the most
// specific first, which is nginx's order; where that would be another one, the line is refused, since nothing would reach it.
func (c *compiler) redirects() []redirect {
	var all []redirect
	prefixes := 0
	c.lines(RedirectsFile, c.options.Redirects, func(number int, line string) {
		refuse := func(format string, args ...any) { c.refuse(RedirectsFile, number, format, args...) }
		fields := strings.Fields(line)
		if i := slices.IndexFunc(fields, func(f string) bool { return f[0] == '#' }); i >= 0 {
			fields = fields[:i]
		}
		r := redirect{line: number, status: defaultStatus}
		var text string
		switch {
		case len(fields) < 2:
			refuse("has a path, and not where it leads: write \"/from /to 301\"")
			return
		case len(fields) > 2:
			if r.status, text = readStatus(fields[2]); text == "" && len(fields) > 3 {
				text = "has more than a path, a target and a status: conditions aren't understood"
			}
		}
		if text == "" {
			r.from, text = readPattern(fields[0])
		}
		if text == "" {
			r.to, text = c.target(r, fields[1])
		}
		if text == "" {
			text = c.inTheWay(r)
		}
		if text != "" {
			refuse("%s", text)
			return
		}
		for _, earlier := range all {
			if earlier.from.covers(r.from) {
				refuse("is never reached: line %d takes %s", earlier.line, earlier.from)
				return
			}
		}
		if r.from.prefix {
			prefixes++
		}
		switch {
		case prefixes > mostPrefixes:
			refuse("is one of more than %d with a *", mostPrefixes)
		case len(all) == mostRedirects:
			refuse("is one of more than %d", mostRedirects)
		default:
			all = append(all, r)
		}
	})
	slices.SortFunc(all, func(a, b redirect) int { return bySpecific(a.from, b.from) })
	for _, r := range all {
		if c.circular(all, r) {
			c.refuse(RedirectsFile, r.line, "leads in a circle: who follows it comes back to %s", r.from)
		}
	}
	return all
}

func readStatus(s string) (status int, text string) {
	if strings.HasSuffix(s, "!") {
		return 0, "has a status with !, which isn't understood: a redirect comes before a file anyway, a rewrite (200) behind it"
	}
	status, err := strconv.Atoi(s)
	if err != nil || !slices.Contains([]int{200, 301, 302, 303, 307, 308}, status) {
		return 0, "has the status " + strconv.Quote(s) + ": it can be 200, 301, 302, 303, 307 or 308, and 404.html is served by itself"
	}
	return status, ""
}

// target checks where a line leads.
func (c *compiler) target(r redirect, to string) (target, text string) {
	u, err := url.Parse(to)
	splats := strings.Count(to, splat)
	switch {
	case err != nil, strings.ContainsAny(to, "\"\\$<>^`{|}"):
		return "", strconv.Quote(to) + " is no target: it isn't escaped as addresses are"
	case splats > 0 && !r.from.prefix:
		return "", "leads to " + splat + ", and its path has no * to stand for that"
	case splats > 1:
		return "", "has " + splat + " more than once"
	case strings.Contains(strings.ReplaceAll(to, splat, ""), "/:"):
		return "", "has a placeholder in its target: only " + splat + " is understood"
	case strings.HasPrefix(to, "//"), u.User != nil:
		return "", strconv.Quote(to) + " is no target: write a path, or an address with https:// and no password"
	case u.Scheme == "" && !strings.HasPrefix(to, "/"), u.Scheme != "" && (u.Scheme != "https" && u.Scheme != "http" || u.Host == ""):
		return "", strconv.Quote(to) + " is no target: write a path, or an address with https://"
	}
	if r.status != 200 {
		return to, ""
	}
	switch {
	case u.Scheme != "":
		return "", "answers with another site's page: only files of this site can be answered with"
	case splats > 0 || u.RawQuery != "" || u.Fragment != "":
		return "", "answers with " + strconv.Quote(to) + ": a rewrite (200) leads to one file"
	case !c.file(u.Path):
		return "", "answers with " + strconv.Quote(to) + ", which the site doesn't have"
	}
	if strings.HasSuffix(u.Path, "/") {
		u.Path += "index.html"
	}
	if _, text := readPattern(u.EscapedPath()); text != "" {
		return "", text
	}
	return u.Path, ""
}

// inTheWay says why a redirect would keep the load balancer from checking an instance's health.
func (c *compiler) inTheWay(r redirect) string {
	check := c.options.HealthCheck
	whole := check == "/" || check == "/index.html" // no location of its own: see the instances' user data
	for _, p := range bothSlashes(r.from) {
		if p.path == check && !p.prefix || whole && p.covers(pattern{path: check}) && r.status != 200 {
			return "takes " + check + ", which the load balancer checks for health"
		}
	}
	return ""
}

// bothSlashes are a path with and without a slash at its end: both are meant by either, and by all below it.
func bothSlashes(p pattern) []pattern {
	if p.path == "/" {
		return []pattern{p}
	}
	bare := strings.TrimSuffix(p.path, "/")
	if p.prefix {
		return []pattern{p, {path: bare}}
	}
	return []pattern{{path: bare}, {path: bare + "/"}}
}

// circular says whether who follows a redirect, and those that it leads to, comes back to it.
func (c *compiler) circular(all []redirect, r redirect) bool {
	patterns := make([]pattern, len(all))
	for i := range all {
		patterns[i] = all[i].from
	}
	at := r
	for range all {
		if at.status == 200 || !strings.HasPrefix(at.to, "/") {
			return false
		}
		u, err := url.Parse(strings.ReplaceAll(at.to, splat, ""))
		if err != nil {
			return false
		}
		next := find(patterns, u.Path)
		if next < 0 {
			return false
		}
		if at = all[next]; at.line == r.line {
			return true
		}
	}
	return false
}
