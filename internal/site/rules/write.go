package rules

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Hashed names, such as app.3f2a91c0.js, are kept for a year, for they get another name with another content. A date is no hash.
const (
	dated  = `~[._-][0-9]{8,14}\.[^/]*$`
	hashed = `~[._-][0-9a-f]{8,64}\.[^/]*$`
	year   = "public, max-age=31536000, immutable"
	// revalidate lets browsers keep a page, but ask each time whether it still holds.
	revalidate = "no-cache"
)

const preamble = "# Made by platformctl, from _redirects and _headers where the site has them.\n"

// quoted is a text as nginx reads it back.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// headerField is one add_header.
type headerField struct {
	name     string
	variable string // "" where value holds for all paths
	value    string
}

// writeHeaders gives each field that some path has for itself a map: a variable whose value is that of the path that is served.
func writeHeaders(rules []headerRule) (maps string, fields []headerField) {
	names := map[string]bool{cacheControl: true}
	for name := range defaults() {
		names[name] = true
	}
	for _, r := range rules {
		for name := range r.fields {
			names[name] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var b strings.Builder
	for i, name := range sorted {
		otherwise := defaults()[name]
		variable := fmt.Sprintf("$site_header_%d", i)
		lines := mapLines(rules, name)
		if name == cacheControl {
			otherwise = revalidate
			lines += "    " + quoted(dated) + " " + quoted(revalidate) + ";\n    " + quoted(hashed) + " " + quoted(year) + ";\n"
		}
		if lines == "" {
			fields = append(fields, headerField{name: name, value: otherwise})
			continue
		}
		fmt.Fprintf(&b, "# %s\nmap $uri %s {\n    default %s;\n%s}\n", name, variable, quoted(otherwise), lines)
		fields = append(fields, headerField{name: name, variable: variable})
	}
	return b.String(), fields
}

// mapLines are a field's values by what is served. A path that stands in the file comes before one that another may be answered
// with; nginx reads paths without regard to case, and refuses one that comes twice.
func mapLines(rules []headerRule, name string) string {
	var b strings.Builder
	written := map[string]bool{}
	put := func(key, value string) {
		if folded := strings.ToLower(key); !written[folded] {
			written[folded] = true
			b.WriteString("    " + quoted(key) + " " + quoted(value) + ";\n")
		}
	}
	each := func(take func(of pattern, value string)) {
		for _, r := range rules {
			if value, says := r.fields[name]; says {
				take(r.of, value)
			}
		}
	}
	each(func(of pattern, value string) {
		if !of.prefix {
			put(of.path, value)
		}
	})
	each(func(of pattern, value string) {
		switch {
		case of.prefix:
			put("~^"+regexp.QuoteMeta(of.path), value)
		case strings.HasSuffix(of.path, "/"):
			put(of.path+"index.html", value)
		default: // /about may be answered with either
			put(of.path+".html", value)
			put(of.path+"/index.html", value)
		}
	})
	return b.String()
}

// httpConf is what stands in nginx's block "http".
func httpConf(headers string, redirects []redirect) string {
	var b strings.Builder
	b.WriteString(preamble + `map_hash_bucket_size 2048;
map_hash_max_size 8192;
types {
    text/javascript mjs;
    application/manifest+json webmanifest;
}
` + headers)
	for _, r := range redirects {
		if strings.Contains(r.to, splat) {
			// From the request as it was sent, since a decoded one could hold the end of a line. Without slashes at its beginning,
			// by which the target could become the name of a host.
			of := (&url.URL{Path: r.from.path}).EscapedPath()
			fmt.Fprintf(&b, "map $request_uri %s {\n    default \"\";\n    %s $1;\n}\n", splatVariable(r), quoted("~^"+regexp.QuoteMeta(of)+`[/\\]*([^?]*)`))
		}
	}
	return b.String()
}

func splatVariable(r redirect) string { return fmt.Sprintf("$site_splat_%d", r.line) }

// serverConf is what stands in nginx's block "server", beside root.
func serverConf(o Options, fields []headerField, redirects []redirect) string {
	var b strings.Builder
	b.WriteString(preamble + `absolute_redirect off;
etag on;
gzip on;
gzip_static on;
gzip_vary on;
gzip_proxied any;
gzip_min_length 1024;
gzip_types text/css text/plain text/xml text/javascript application/javascript application/json application/xml application/rss+xml
    application/atom+xml application/manifest+json application/wasm image/svg+xml;
`)
	for _, f := range fields {
		value, always := f.variable, " always"
		if value == "" {
			value = quoted(f.value)
		}
		if f.name == cacheControl {
			always = "" // how long an error holds isn't the missing file's to say
		}
		fmt.Fprintf(&b, "add_header %s %s%s;\n", f.name, value, always)
	}
	if o.Has("404.html") {
		b.WriteString("error_page 403 =404 /404.html;\nerror_page 404 /404.html;\n")
	}
	b.WriteString("location ~ /\\. { return 404; }\nlocation ^~ /.well-known/ { try_files $uri =404; }\n")
	for _, file := range []string{RedirectsFile, HeadersFile} {
		fmt.Fprintf(&b, "location = /%s { return 404; }\n", file)
	}
	taken := map[pattern]bool{{path: "/" + RedirectsFile}: true, {path: "/" + HeadersFile}: true}
	for _, r := range redirects {
		taken[r.from] = true
	}
	for _, r := range redirects {
		for _, p := range bothSlashes(r.from) {
			if p != r.from && taken[p] || p.prefix != r.from.prefix && r.status == 200 {
				continue // another line's, or below a rewrite, which takes what has no file
			}
			taken[p] = true
			b.WriteString(location(r, p))
		}
	}
	if !taken[pattern{path: "/", prefix: true}] {
		b.WriteString("location / { try_files " + ownFiles + " =404; }\n")
	}
	return b.String()
}

// ownFiles are those that answer a path, in their order. $uri/ isn't the page of a directory, but its address without a slash.
const ownFiles = "$uri ${uri}index.html $uri.html $uri/"

// location is the block of one redirect, for one of the patterns that it takes.
func location(r redirect, of pattern) string {
	head := "location = " + quoted(of.path)
	if of.prefix {
		head = "location " + quoted(of.path)
	}
	if r.status == 200 {
		return fmt.Sprintf("%s { try_files %s %s; }\n", head, ownFiles, quoted(r.to))
	}
	to, fragment, hasFragment := strings.Cut(r.to, "#")
	if !strings.Contains(to, "?") {
		to += "$is_args$args"
	}
	if hasFragment {
		to += "#" + fragment
	}
	put := ""
	if of.prefix {
		put = "${" + splatVariable(r)[1:] + "}"
	}
	return fmt.Sprintf("%s { return %d %s; }\n", head, r.status, quoted(strings.ReplaceAll(to, splat, put)))
}
