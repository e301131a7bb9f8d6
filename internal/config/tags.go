package config

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// EC2, Elastic Load Balancing and IAM each have their own idea of a tag; these are the bounds that all three accept
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html is the narrowest). AWS takes 50 tags; ten are the tool's.
const (
	maxTags      = 40
	maxTagKey    = 128
	maxTagValue  = 256
	reservedTags = "platformctl:"
	nameTag      = "Name" // what is not named by the user is named by the tool
)

var tagCharacters = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })

// readTags reads the tags. A variable or a flag holds them as key=value,key=value.
func readTags(c *Config, s setting) []fault {
	entries, faults := readPairs(s, "key=value", "a mapping of keys to texts")
	if len(faults) > 0 || entries == nil {
		return faults
	}
	if len(entries) > maxTags {
		faults = refused(fmt.Sprintf("must be at most %d, got %d: AWS allows 50 on an object, and the tool needs the others", maxTags, len(entries)))
	}
	tags := map[string]string{}
	seen := map[string]bool{}
	for _, entry := range entries {
		message := checkTag(entry)
		// IAM's keys differ by more than their case, so those of a platform do everywhere.
		if folded := strings.ToLower(entry.key); message == "" && seen[folded] {
			message = "is given twice (capital and small letters count as the same)"
		} else {
			seen[folded] = true
		}
		if message != "" {
			faults = append(faults, fault{message: quote(entry.key) + " " + message, at: &entry.value.at})
		}
		tags[entry.key] = entry.value.text
	}
	if faults == nil {
		c.Tags = tags
	}
	return faults
}

// tagsSchema allows what checkTag has nothing to say against.
func tagsSchema() schema {
	return schema{
		Type: []string{typeMapping, typeNothing}, MaxProperties: maxTags,
		PropertyNames: &schema{
			MinLength: 1, MaxLength: maxTagKey, Pattern: tagCharacters().String(),
			Not: &schema{Pattern: `^(?:(?:[aA][wW][sS]|[pP][lL][aA][tT][fF][oO][rR][mM][cC][tT][lL]):|(?:n[aA][mM][eE]|N(?:A[mM][eE]|[aA]M[eE]|[aA][mM]E))$)`},
		},
		AdditionalProperties: &schema{Type: typeText, MaxLength: maxTagValue, Pattern: tagCharacters().String()},
	}
}

// checkTag returns what is wrong with one tag, worded to follow its key.
func checkTag(tag entry) string {
	folded := strings.ToLower(tag.key)
	switch value := tag.value; {
	case tag.key == "":
		return "is an empty key"
	case utf8.RuneCountInString(tag.key) > maxTagKey:
		return fmt.Sprintf("is longer than %d characters", maxTagKey)
	case !tagCharacters().MatchString(tag.key):
		return "has a character that AWS refuses in a tag's key"
	case strings.HasPrefix(folded, "aws:"):
		return "starts with aws:, which AWS keeps for itself"
	case folded == "name" && tag.key != nameTag:
		return "must be written " + nameTag + ": the tool sets that tag, and IAM's keys differ by more than their case"
	case strings.HasPrefix(folded, reservedTags):
		return "starts with " + reservedTags + ", by which the tool knows its own objects"
	case value.inQuotes() != "":
		return "must hold a text, got " + value.text + value.inQuotes()
	case !value.scalar():
		return mustBe("the key of a text", value)
	case utf8.RuneCountInString(value.text) > maxTagValue:
		return fmt.Sprintf("holds more than %d characters", maxTagValue)
	case !tagCharacters().MatchString(value.text):
		return "holds a character that AWS refuses in a tag's value: " + quote(value.text)
	}
	return ""
}

// readPairs reads a mapping, which a variable or a flag holds as pairs with commas between them. It is nil where there is
// nothing in it but comments.
func readPairs(s setting, pairs, mapping string) (entries []entry, faults []fault) {
	switch s.form {
	case formMapping:
		return append([]entry{}, s.entries...), nil
	case formPlain:
		for pair := range strings.SplitSeq(s.text, ",") {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return nil, refused("must be " + pairs + " pairs with commas between them, got " + quote(pair))
			}
			entries = append(entries, entry{strings.TrimSpace(key), setting{at: s.at, form: formPlain, text: strings.TrimSpace(value)}})
		}
		return entries, nil
	}
	if s.form == formOther && s.text == nothing { // all its lines commented out
		return nil, nil
	}
	return nil, refused(mustBe(mapping, s))
}
