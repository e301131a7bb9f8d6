package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits of the DNS, in bytes. Source: RFC 1035, 2.3.4.
const (
	maxLabel = 63
	maxName  = 255 // as it is on the wire
)

// canonical writes a domain name as Route 53 lists it: in lower case, with the final dot, and with an octal code in
// place of each character but a-z, 0-9, '-' and '_'. What is wrong with a name is in Route 53's words.
// Source: Amazon Route 53 Developer Guide, "DNS domain name format".
func canonical(name string) (string, error) {
	labels, err := labelsOf(name)
	if err != nil {
		return "", err
	}
	return join(labels), nil
}

// labelsOf are a name's labels, in lower case and without codes.
func labelsOf(name string) (labels []string, err error) {
	if name == "" {
		return nil, problem("DomainNameEmpty (Domain name is empty)", name)
	}
	var label []byte
	size := 1
	end := func() error {
		switch {
		case len(label) == 0:
			return problem("DomainLabelEmpty (Domain label is empty)", name)
		case len(label) > maxLabel:
			return problem("DomainLabelTooLong (Domain label is too long)", string(label))
		}
		size += len(label) + 1
		labels, label = append(labels, string(label)), nil
		return nil
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '.':
			if err := end(); err != nil {
				return nil, err
			}
			if i == len(name)-1 {
				return labels, tooLong(size, name)
			}
			continue
		case c == '\\' && i+3 < len(name) && octal(name[i+1:i+4]) >= 0:
			c = byte(octal(name[i+1 : i+4]))
			i += 3
		case c <= ' ' || c >= 0x7f:
			return nil, problem("UnsupportedCharacter (Value contains unsupported characters)", name)
		}
		if c >= 'A' && c <= 'Z' { // these alone: other bytes stand for themselves, and need be no UTF-8
			c += 'a' - 'A'
		}
		label = append(label, c)
	}
	if err := end(); err != nil {
		return nil, err
	}
	return labels, tooLong(size, name)
}

func tooLong(size int, name string) error {
	if size > maxName {
		return problem("DomainNameTooLong (Domain name is too long)", name)
	}
	return nil
}

// octal reads three octal digits; -1 for what aren't.
func octal(digits string) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '7' {
			return -1
		}
		n = n*8 + int(d-'0')
	}
	if n > 0xff {
		return -1
	}
	return n
}

// problem is how Route 53 says what is wrong with a name or a value.
func problem(what, with string) error {
	return fmt.Errorf("FATAL problem: %s encountered with '%s'", what, with)
}

// join writes labels as a name. No labels are the root.
func join(labels []string) string {
	var b strings.Builder
	for _, label := range labels {
		for i := range len(label) {
			switch c := label[i]; {
			case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
				b.WriteByte(c)
			default:
				fmt.Fprintf(&b, "\\%03o", c)
			}
		}
		b.WriteByte('.')
	}
	return cmp.Or(b.String(), ".")
}

// Presented is a name as the DNS writes it, with plain characters and decimal codes, from one as Route 53 lists it.
func Presented(name string) string {
	labels, err := labelsOf(name)
	if err != nil {
		return name
	}
	var b strings.Builder
	for _, label := range labels {
		for i := range len(label) {
			switch c := label[i]; {
			case strings.IndexByte(`."\();@$`, c) >= 0:
				b.WriteByte('\\')
				b.WriteByte(c)
			case c <= ' ' || c >= 0x7f:
				fmt.Fprintf(&b, "\\%03d", c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('.')
	}
	return cmp.Or(b.String(), ".")
}

// FromPresented is a name as Route 53 reads it, from one as the DNS writes it.
func FromPresented(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && i+1 < len(name) {
			if code, err := strconv.ParseUint(name[i+1:min(i+4, len(name))], 10, 8); err == nil && i+3 < len(name) {
				c, i = byte(code), i+3
			} else {
				c, i = name[i+1], i+1
			}
			fmt.Fprintf(&b, "\\%03o", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// within reports whether a name is that of a domain or lies under it. Both are canonical.
func within(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// parent is the name without its first label; "" for the root. A canonical name has dots between labels alone.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// compareNames orders canonical names as Route 53 lists them: by their labels, the last first.
// Source: API reference of ListResourceRecordSets.
func compareNames(a, b string) int { return strings.Compare(sortKey(a), sortKey(b)) }

// sortKey is a name with its labels in the order in which they count.
func sortKey(name string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}
