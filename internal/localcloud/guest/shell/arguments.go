package shell

import (
	"slices"
	"strings"
)

// SignalOf takes the option that names a signal, such as -9, -KILL, -s KILL or
// --signal=KILL, from arguments. Without one the signal is TERM.
func SignalOf(args []string) (signal string, rest []string, ok bool) {
	signal = "TERM"
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		switch {
		case name == "--signal" && given:
			signal = value
		case name == "-s" || name == "--signal":
			if i++; i == len(args) {
				return "", nil, false
			}
			signal = args[i]
		case len(name) > 2 && name[0] == '-' && name == strings.ToUpper(name), len(name) == 2 && name[0] == '-' && name[1] >= '0' && name[1] <= '9':
			signal = name[1:]
		default:
			rest = append(rest, args[i])
		}
	}
	return signal, rest, true
}

// Operands parts arguments from options.
func Operands(args []string) (names, options []string) {
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			options = append(options, a)
		} else {
			names = append(names, a)
		}
	}
	return names, options
}

// Only reports whether all options are known ones.
func Only(options []string, known ...string) bool {
	return !slices.ContainsFunc(options, func(o string) bool { return !slices.Contains(known, o) })
}
