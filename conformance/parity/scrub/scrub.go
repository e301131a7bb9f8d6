// Package scrub replaces in text what tells of an account and its people: accounts, IDs, addresses, access keys, names,
// request IDs, user data. The same thing has the same replacement everywhere, of the same form, so that what refers to
// what can still be seen.
//
// What belongs here: what is replaced, and by what. What doesn't: where the text is from, and where it goes.
package scrub

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Scrubber has replaced what it was shown. Its methods may be called at once.
type Scrubber struct {
	keep netip.Prefix

	mu    sync.Mutex
	known map[string]string // replacement by class and text
	count map[string]int    // of replacements by class and form
	names []name
}

// name is a text that is replaced wherever it stands as a word.
type name struct {
	text    string
	pattern *regexp.Regexp
}

// New is a Scrubber. Addresses in keep, the network that the run itself makes, stay; private are names to be replaced,
// such as that of the user.
func New(keep netip.Prefix, private ...string) *Scrubber {
	s := &Scrubber{keep: keep, known: map[string]string{}, count: map[string]int{}}
	for _, text := range private {
		s.learn(text)
	}
	return s
}

// shortest is the least length of a name that is replaced as a word.
const shortest = 3

// ordinary are names that tell of nobody.
var ordinary = regexp.MustCompile(`^(root|default|user|admin|aws|local|localhost|parity)$`)

// learn adds a name. Names that hold others come first.
func (s *Scrubber) learn(text string) {
	if len(text) < shortest || ordinary.MatchString(text) || slices.ContainsFunc(s.names, func(n name) bool { return n.text == text }) {
		return
	}
	s.names = append(s.names, name{text, regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(text) + `($|[^0-9A-Za-z])`)})
	slices.SortStableFunc(s.names, func(a, b name) int { return len(b.text) - len(a.text) })
}

var (
	// principals have names in them: of users, roles and sessions.
	principals = regexp.MustCompile(`arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:user|assumed-role|federated-user)/([\w+=,.@/-]+)`)
	aliases    = regexp.MustCompile(`<AccountAliases>\s*<member>([^<]+)</member>|"account_alias":\s*"([^"]+)"`)
	// escaped is a document of JSON as IAM writes it into its replies.
	escaped = regexp.MustCompile(`%7[Bb][^<"\s]*%7[Dd]`)
	// withheld are values that are replaced whole. The second group is the value.
	withheld = regexp.MustCompile(`(?s)(<userData>\s*<value>|<(?:nextToken|NextToken|NextMarker|Marker|output)>)([^<]+)(<)`)
)

// Text is the text with replacements.
func (s *Scrubber) Text(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text(text)
}

// text replaces in what lies between escaped documents as it stands, and in those as they read.
func (s *Scrubber) text(text string) string {
	var b strings.Builder
	at := 0
	for _, found := range escaped.FindAllStringIndex(text, -1) {
		b.WriteString(s.plain(text[at:found[0]]))
		at = found[1]
		document, err := url.PathUnescape(text[found[0]:at])
		if err != nil {
			b.WriteString(s.opaque(text[found[0]:at]))
			continue
		}
		b.WriteString(strings.ReplaceAll(url.QueryEscape(s.text(document)), "+", "%20"))
	}
	return b.String() + s.plain(text[at:])
}

// learnFrom finds names in a text.
func (s *Scrubber) learnFrom(text string) {
	for _, found := range principals.FindAllStringSubmatch(text, -1) {
		for part := range strings.SplitSeq(found[1], "/") {
			s.learn(part)
		}
	}
	for _, found := range aliases.FindAllStringSubmatch(text, -1) {
		s.learn(found[1] + found[2])
	}
}

func (s *Scrubber) plain(text string) string {
	s.learnFrom(text)
	text = withheld.ReplaceAllStringFunc(text, func(match string) string {
		parts := withheld.FindStringSubmatch(match)
		return parts[1] + s.opaque(parts[2]) + parts[3]
	})
	for _, n := range s.names {
		// Twice: neighbours share what is between them.
		for range 2 {
			text = n.pattern.ReplaceAllStringFunc(text, func(match string) string {
				return strings.Replace(match, n.text, s.replacement("name", n.text, func(i int) string { return fmt.Sprintf("name-%d", i) }), 1)
			})
		}
	}
	return patterns.ReplaceAllStringFunc(text, s.token)
}

// Parameters are a request's, with replacements. User data is withheld.
func (s *Scrubber) Parameters(all map[string]string) map[string]string {
	scrubbed := make(map[string]string, len(all))
	for path, value := range all {
		switch {
		case strings.HasSuffix(path, "UserData") || strings.HasSuffix(path, "UserData.Value"), strings.HasSuffix(path, "NextToken"):
			s.mu.Lock()
			scrubbed[path] = s.opaque(value)
			s.mu.Unlock()
		default:
			scrubbed[path] = s.Text(value)
		}
	}
	return scrubbed
}

// replacement is that of a text, made by its number in its class the first time.
func (s *Scrubber) replacement(class, text string, form func(i int) string) string {
	key := class + " " + text
	if known, ok := s.known[key]; ok {
		return known
	}
	s.count[class]++
	s.known[key] = form(s.count[class])
	return s.known[key]
}

func (s *Scrubber) opaque(text string) string {
	return s.replacement("opaque", text, func(i int) string { return fmt.Sprintf("(opaque %d, %d characters)", i, len(text)) })
}
