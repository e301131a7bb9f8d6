package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// DefaultFile is the name of the file that Load reads from the working directory where no other is named.
const DefaultFile = "platform.yaml"

// Options says where the configuration comes from.
type Options struct {
	// Path is the configuration file, relative to Dir. "" stands for DefaultFile where that exists, else for no file.
	Path string
	// Dir is the working directory; "" is the process's own.
	Dir string
	// Env holds the environment as os.Environ gives it. Every key can be set there: web.instance_type is PLATFORMCTL_WEB_INSTANCE_TYPE.
	// AWS_REGION and AWS_DEFAULT_REGION stand in for a region that is written nowhere else when the target is aws.
	Env []string
	// Flags are the command line's; nil for none. A flag that was given and is named like a key sets that key:
	// --target sets target, --web-instances sets web.instances. Other flags are no business of this package.
	Flags *pflag.FlagSet
	// ProfileRegion is the region of the AWS profile in use, and where that is written. It is asked for a region that is written
	// nowhere else, also in no variable, when the target is aws. "": the profile has none. Nil: there is no profile.
	ProfileRegion func() (region, source string)
}

// Load reads the configuration: a flag wins over the environment, that over the file, and that over the default.
// It checks everything that can be checked without a cloud and returns all problems at once, as an *Error.
func Load(options Options) (Config, error) {
	fields := fields()
	file, name, problems := readFile(options, fields)
	environment, unknown := readEnvironment(options, fields)
	problems = append(problems, unknown...)
	flags := readFlags(options, fields)

	layers := viper.New()
	for _, written := range []map[string]any{file, environment} {
		if err := layers.MergeConfigMap(written); err != nil {
			problems = append(problems, Problem{Source: name, Message: err.Error()})
		}
	}
	for key, written := range flags {
		layers.Set(key, written)
	}

	config := Default()
	config.File = name
	r := reading{config: &config, written: map[string]setting{}, wrong: map[string]bool{}, before: problems}
	for _, field := range fields {
		if written, ok := layers.Get(field.key).(setting); ok {
			r.read(field, written)
		}
	}
	if _, ok := r.written["region"]; !ok && config.Target == TargetAWS {
		if region, ok := regionOfAWS(options); ok {
			r.read(fieldOf(fields, "region"), region)
		}
	}
	r.checkTogether(fields)

	problems = append(problems, r.problems...)
	if len(problems) > 0 {
		slices.SortStableFunc(problems, inFileOrder)
		return Config{}, &Error{Problems: problems}
	}
	return config, nil
}

// inFileOrder puts the file's problems first, by line; the others have no line and keep their order.
func inFileOrder(a, b Problem) int {
	if (a.Line > 0) != (b.Line > 0) {
		return cmp.Compare(b.Line, a.Line)
	}
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// reading is a Config while its values are being read.
type reading struct {
	config   *Config
	written  map[string]setting // by key: the one that wins
	wrong    map[string]bool    // by key: had a fault, so that nothing further is concluded from it
	problems []Problem
	before   []Problem // what was found before any value was read: unknown keys
}

// misspelt reports whether a section has a key that there isn't, which may be one that is missing.
func (r *reading) misspelt(section string) bool {
	return slices.ContainsFunc(r.before, func(p Problem) bool { return strings.HasPrefix(p.Key, section) })
}

// read sets one field from what was written for it.
func (r *reading) read(f field, s setting) {
	r.written[f.key] = s
	for _, fault := range f.read(r.config, s) {
		at := s.at
		if fault.at != nil {
			at = *fault.at
		}
		r.add(at, f, fault)
	}
}

// add records a fault of a field.
func (r *reading) add(at origin, f field, fault fault) {
	problem := at.problem(f.key, fault.message)
	problem.Allowed, problem.Suggestion = f.allowed, fault.suggestion
	r.problems = append(r.problems, problem)
	r.wrong[f.key] = true
}
