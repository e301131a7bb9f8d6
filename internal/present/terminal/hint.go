package terminal

import (
	"regexp"
	"slices"
	"strings"
)

// command is one of platformctl's that works on one platform, with the flags that follow it.
var command = regexp.MustCompile(`\bplatformctl (?:up|status|failover-drill|down|plan|diagram|runbook)\b(?: --?[a-z]+(?:-[a-z]+)*)*`)

// isWhole reports whether a command has a flag that says which platform is meant, or asks for help.
func isWhole(found string) bool {
	return slices.ContainsFunc(strings.Fields(found), func(word string) bool {
		return slices.Contains([]string{"-c", "--config", "--target", "--state", "--help"}, word)
	})
}

// Hint is a text of ours in which each command that works on the platform has the flags that say which one is meant, so that
// it can be typed as it stands.
func (s Streams) Hint(text string) string { return WithFlags(text, s.Flags) }

// WithFlags adds flags, such as "--config eu.yaml", to each command in a text that works on a platform. One that names its
// platform itself, or is for another directory, stays as it is. Without flags the text does, too.
func WithFlags(text, flags string) string {
	if flags == "" {
		return text
	}
	var out strings.Builder
	end := 0
	for _, at := range command.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		out.WriteString(text[end:at[1]])
		end = at[1]
		elsewhere := strings.HasSuffix(text[:at[0]], "&& ")
		if !elsewhere && !isWhole(found) {
			out.WriteString(" " + flags)
		}
	}
	return out.String() + text[end:]
}
